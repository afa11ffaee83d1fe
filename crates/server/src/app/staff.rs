//! Who works for the operator: invited by a link, in a role, and gone at once when they are removed.

use super::{
    Account, Answer, App, Caller, Refusal, Role,
    access::{Right, allow},
    passkeys::Joining,
};
use crate::{
    clock::{now_ms, rfc3339},
    secret,
    store::{
        Conn,
        staff::{self, StoredLink, StoredStaff},
    },
};
use handsel_api::{Code, StaffId};

pub(super) const LONGEST_NAME: usize = 40;
/// What a staff link's token begins with.
const LINK: &str = "hsi_";
/// Two days: a link may be sent in the evening.
const LINK_MS: i64 = 48 * 60 * 60 * 1000;

/// Somebody who works for the operator, as owners see them.
#[derive(Debug, Clone)]
pub struct ShownStaff {
    /// Who.
    pub id: StaffId,
    /// What they are called.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// RFC 3339.
    pub since: String,
}

/// What a link lets somebody do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StaffLink {
    /// The role it is for.
    pub role: Role,
    /// Whom it lets in again; `None` when it makes somebody.
    pub staff: Option<StaffId>,
}

impl App {
    /// Everybody who works for the operator. Owners only.
    pub async fn list_staff(&self, caller: &Caller) -> Answer<Vec<ShownStaff>> {
        allow(caller, Right::Own)?;
        let all = staff::all(&mut *self.0.store.read().await?).await?;
        all.into_iter().map(|one| self.show_staff(one)).collect()
    }

    /// A link's token (`hsi_`, two days, one use) with which somebody becomes staff. Owners only.
    pub async fn invite(&self, caller: &Caller, role: Role) -> Answer<String> {
        allow(caller, Right::Own)?;
        let token = self.new_staff_link(StoredLink { role, staff: None }).await?;
        tracing::info!(by = caller.name(), ?role, "staff invited");
        Ok(token)
    }

    /// A link's token with which somebody who lost their device comes back. Owners only.
    pub async fn invite_again(&self, caller: &Caller, id: StaffId) -> Answer<String> {
        allow(caller, Right::Own)?;
        let all = staff::all(&mut *self.0.store.read().await?).await?;
        let found = all.into_iter().find(|one| one.id == id).ok_or_else(|| Refusal::not_found("staff"))?;
        let token = self.new_staff_link(StoredLink { role: found.role, staff: Some(id) }).await?;
        tracing::info!(by = caller.name(), staff = %id, "staff gets a new link");
        Ok(token)
    }

    /// Gives somebody another role, at once. Owners only.
    pub async fn set_role(&self, caller: &Caller, id: StaffId, role: Role) -> Answer<()> {
        allow(caller, Right::Own)?;
        let mut tx = self.0.store.write().await?;
        if role != Role::Owner {
            one_owner_stays(&staff::all(&mut tx).await?, id)?;
        }
        if !staff::set_role(&mut tx, id, role).await? {
            return Err(Refusal::not_found("staff"));
        }
        tx.commit().await?;
        tracing::info!(by = caller.name(), staff = %id, ?role, "role set");
        Ok(())
    }

    /// Removes somebody: their sessions, passkeys and links are gone at once. Owners only.
    pub async fn remove_staff(&self, caller: &Caller, id: StaffId) -> Answer<()> {
        allow(caller, Right::Own)?;
        let mut tx = self.0.store.write().await?;
        one_owner_stays(&staff::all(&mut tx).await?, id)?;
        if !staff::delete(&mut tx, id).await? {
            return Err(Refusal::not_found("staff"));
        }
        tx.commit().await?;
        tracing::info!(by = caller.name(), staff = %id, "staff removed");
        Ok(())
    }

    /// What an unused link is for.
    pub async fn staff_link(&self, token: &str) -> Answer<StaffLink> {
        let found = staff::link(&mut *self.0.store.read().await?, &secret::hash(token), now_ms()).await?;
        found.map(|link| StaffLink { role: link.role, staff: link.staff }).ok_or_else(used)
    }

    async fn new_staff_link(&self, link: StoredLink) -> Answer<String> {
        let (token, now_ms) = (secret::token(LINK), now_ms());
        let mut tx = self.0.store.write().await?;
        staff::insert_link(&mut tx, &secret::hash(&token), link, now_ms, now_ms + LINK_MS).await?;
        tx.commit().await?;
        Ok(token)
    }

    /// Uses a link up; whom it makes staff is there afterwards.
    pub(super) async fn use_staff_link(
        &self,
        tx: &mut Conn,
        token: &str,
        id: StaffId,
        joining: &Joining,
    ) -> Answer<()> {
        let (hash, now_ms) = (secret::hash(token), now_ms());
        let stored = staff::link(tx, &hash, now_ms).await?.ok_or_else(used)?;
        if (StaffLink { role: stored.role, staff: stored.staff }) != joining.link || !staff::use_link(tx, &hash).await?
        {
            return Err(used());
        }
        if stored.staff.is_none() {
            let name = self.0.vault.seal_staff(&format!("name/{id}"), joining.name.as_bytes());
            staff::insert(tx, id, &name, stored.role, now_ms).await?;
        }
        Ok(())
    }

    /// What somebody who works here is called.
    pub(super) async fn staff_name(&self, conn: &mut Conn, id: StaffId) -> Answer<String> {
        let found = staff::all(conn).await?.into_iter().find(|one| one.id == id);
        Ok(self.show_staff(found.ok_or_else(|| Refusal::not_found("staff"))?)?.name)
    }

    /// What the caller is called, where they have a name.
    pub async fn name_of(&self, caller: &Caller) -> Answer<Option<String>> {
        match caller.account() {
            Ok(Account::Staff(id)) => Ok(Some(self.staff_name(&mut *self.0.store.read().await?, id).await?)),
            _ => Ok(None),
        }
    }

    fn show_staff(&self, stored: StoredStaff) -> Answer<ShownStaff> {
        let name = self.0.vault.open_staff(&format!("name/{}", stored.id), &stored.name_sealed)?;
        let name = std::str::from_utf8(&name).map_err(|_| Refusal::internal("a name that is not text"))?.to_owned();
        Ok(ShownStaff { id: stored.id, name, role: stored.role, since: rfc3339(stored.created_ms) })
    }
}

/// Refuses what would leave nobody who can invite anybody.
fn one_owner_stays(all: &[StoredStaff], without: StaffId) -> Answer<()> {
    let owners = |id: &StaffId| all.iter().any(|one| one.role == Role::Owner && one.id == *id);
    let others = all.iter().filter(|one| one.role == Role::Owner && one.id != without).count();
    if owners(&without) && others == 0 {
        return Err(Refusal::new(Code::InvalidField, "It is the only owner. Make somebody else an owner first."));
    }
    Ok(())
}

fn used() -> Refusal {
    Refusal::new(Code::Unauthenticated, "This link was used or is too old. Ask an owner for a new one.")
}
