//! Who may do what: the only place that decides it.

use super::{Answer, Refusal};
use crate::store::subjects::StoredSubject;
use handsel_api::{Code, KeyId, MerchantId, SiteId, StaffId, SubjectId, keys::Scope};
use serde::{Deserialize, Serialize};

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Caller {
    /// Runs this installation, by its one-time link: an owner without a name.
    Operator,
    /// Somebody who works for the operator, in a role.
    Staff(Staff),
    /// One merchant's key.
    Till(Till),
    /// A kiosk bound to one site.
    Kiosk(SiteId),
    /// Somebody at their own wallet.
    Subject(SubjectId),
}

/// Somebody who works for the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Staff {
    /// Who.
    pub id: StaffId,
    /// What they may do.
    pub role: Role,
}

/// What somebody who works for the operator may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything; alone decides about staff, palm keys and legal holds.
    Owner,
    /// Runs stores: sites, tills, kiosks, refunds, disputes, credits.
    Manager,
    /// Helps one person at a time, whose receipt they are shown. Sees no lists of people.
    Support,
    /// Reads settlements, disputes, holds, counts and palm keys, and changes nothing.
    Auditor,
}

impl Role {
    /// Every role, the mightiest first.
    pub const ALL: [Role; 4] = [Role::Owner, Role::Manager, Role::Support, Role::Auditor];
}

/// Who can have passkeys and sessions of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Account {
    /// Somebody with a wallet.
    Subject(SubjectId),
    /// Somebody who works for the operator.
    Staff(StaffId),
}

impl Account {
    /// As the store keeps it: a subject's id or staff's.
    pub(crate) fn columns(self) -> (Option<String>, Option<String>) {
        match self {
            Account::Subject(id) => (Some(id.to_string()), None),
            Account::Staff(id) => (None, Some(id.to_string())),
        }
    }
}

/// One merchant's key, and what it may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Till {
    /// Whose key it is.
    pub merchant: MerchantId,
    /// What it may do.
    pub scopes: Scopes,
    /// Which key it is; `None` when this process acts for the merchant by itself.
    pub key: Option<KeyId>,
}

/// A set of scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Scopes(u16);

impl Scopes {
    /// What a till may do: [`Scope::TILL`].
    pub const TILL: Scopes = Scopes(((1 << Scope::ALL.len()) - 1) & !(1 << Scope::Offline as u16));

    /// These scopes.
    pub fn of(scopes: &[Scope]) -> Scopes {
        Scopes(scopes.iter().fold(0, |bits, &scope| bits | Scopes::bit(scope)))
    }

    /// Whether this scope is among them.
    pub fn has(self, scope: Scope) -> bool {
        self.0 & Scopes::bit(scope) != 0
    }

    fn bit(scope: Scope) -> u16 {
        1 << (scope as u16)
    }
}

/// What a caller wants to do.
#[derive(Clone, Copy)]
pub(super) enum Right<'a> {
    /// Decide about staff, palm keys and legal holds.
    Own,
    /// Run stores: make and change what belongs to them.
    Run,
    /// See how stores are set up and how captures went.
    Look,
    /// See how palms are kept: keys, legal holds.
    Oversee,
    /// See who has enrolled.
    ListPeople,
    /// Take payments at a site.
    Sell { merchant: MerchantId, site: SiteId },
    /// See payments of a site.
    SeePayment { merchant: MerchantId, site: SiteId },
    /// Ask scanners of a site, and be one.
    Scan { merchant: MerchantId, site: SiteId },
    /// Make subjects at a site.
    SignUp { merchant: MerchantId, site: SiteId },
    /// Act for a merchant as a whole, which a kiosk does not: by this scope of its keys.
    Manage { merchant: MerchantId, scope: Scope },
    /// See a subject's payments, which is for themselves only.
    OwnWallet { subject: SubjectId },
    /// Freeze, revoke, erase: the subject themselves, or the operator for them.
    ActFor { subject: SubjectId },
    /// Sign, enrol palms, link cards: the subject, or for an hour whoever made them.
    Enrol { subject: &'a StoredSubject, now_ms: i64 },
    /// See a subject without anything biometric.
    See { subject: &'a StoredSubject, now_ms: i64 },
}

impl Caller {
    /// Refuses a key that lacks this scope, before anything is looked up.
    ///
    /// # Errors
    /// [`Code::Forbidden`].
    pub fn needs(&self, scope: Scope) -> Answer<()> {
        scope_of(self, scope)
    }

    /// A merchant's till that may do everything a till can.
    pub fn till(merchant: MerchantId) -> Caller {
        Caller::Till(Till { merchant, scopes: Scopes::TILL, key: None })
    }

    /// Where a kiosk stands.
    pub(super) fn site(&self) -> Option<SiteId> {
        match self {
            Caller::Kiosk(site) => Some(*site),
            Caller::Operator | Caller::Staff(_) | Caller::Till(_) | Caller::Subject(_) => None,
        }
    }

    /// The role in which somebody acts for the operator.
    pub fn role(&self) -> Option<Role> {
        match self {
            Caller::Operator => Some(Role::Owner),
            Caller::Staff(staff) => Some(staff.role),
            Caller::Till(_) | Caller::Kiosk(_) | Caller::Subject(_) => None,
        }
    }

    /// Whose passkeys and sessions the caller may see and end: their own.
    ///
    /// # Errors
    /// [`Code::Forbidden`].
    pub(super) fn account(&self) -> Answer<Account> {
        match self {
            Caller::Subject(id) => Ok(Account::Subject(*id)),
            Caller::Staff(staff) => Ok(Account::Staff(staff.id)),
            Caller::Operator | Caller::Till(_) | Caller::Kiosk(_) => {
                Err(Refusal::new(Code::Forbidden, "Only somebody with a name here has passkeys."))
            }
        }
    }

    fn is(&self, roles: &[Role]) -> bool {
        self.role().is_some_and(|role| roles.contains(&role))
    }

    /// Names the caller in the store: who made a subject, whose an idempotency key is.
    pub(crate) fn name(&self) -> String {
        match self {
            Caller::Operator => "operator".to_owned(),
            Caller::Staff(staff) => format!("staff:{}", staff.id),
            Caller::Till(till) => format!("till:{}", till.merchant),
            Caller::Kiosk(site) => format!("kiosk:{site}"),
            Caller::Subject(subject) => format!("subject:{subject}"),
        }
    }
}

/// Lets the caller go on, or refuses. What belongs to somebody else is not even there.
pub(super) fn allow(caller: &Caller, right: Right<'_>) -> Answer<()> {
    use Role::{Auditor, Manager, Owner, Support};
    match right {
        Right::Own | Right::ListPeople => only(caller.is(&[Owner])),
        Right::Run => only(caller.is(&[Owner, Manager])),
        Right::Look => only(caller.is(&[Owner, Manager, Auditor])),
        Right::Oversee => only(caller.is(&[Owner, Auditor])),
        Right::Sell { merchant, site } => at_site(caller, merchant, site, Scope::PaymentsWrite),
        Right::SeePayment { merchant, site } => match caller.role() {
            Some(_) => Ok(()),
            None => at_site(caller, merchant, site, Scope::PaymentsRead),
        },
        Right::Scan { merchant, site } => at_site(caller, merchant, site, Scope::ScannersWrite),
        Right::SignUp { merchant, site } => at_site(caller, merchant, site, Scope::SubjectsWrite),
        Right::Manage { merchant, scope } => match merchant_of(caller, scope)? {
            Some(own) => there(own == merchant),
            None => Ok(()),
        },
        Right::OwnWallet { subject } => match caller {
            Caller::Subject(own) => there(*own == subject),
            _ => only(false),
        },
        Right::ActFor { subject } => match caller {
            Caller::Subject(own) => there(*own == subject),
            _ => only(caller.is(&[Owner, Support])),
        },
        Right::Enrol { subject, now_ms } => match caller {
            Caller::Subject(own) => there(*own == subject.id),
            _ => there(enrols(caller, subject, now_ms)).and_then(|()| scope_of(caller, Scope::SubjectsWrite)),
        },
        Right::See { subject, now_ms } => match caller {
            Caller::Subject(own) => there(*own == subject.id),
            _ if caller.is(&[Owner, Support]) => Ok(()),
            _ => there(enrols(caller, subject, now_ms)),
        },
    }
}

/// Whose things a list shows: `None`, every merchant's, for whoever runs stores; its own for a key with this scope. Auditors
/// read reports.
pub(super) fn merchant_of(caller: &Caller, scope: Scope) -> Answer<Option<MerchantId>> {
    scope_of(caller, scope)?;
    match caller {
        Caller::Till(till) => Ok(Some(till.merchant)),
        _ => {
            let reads = scope == Scope::ReportsRead && caller.is(&[Role::Auditor]);
            only(reads || caller.is(&[Role::Owner, Role::Manager])).map(|()| None)
        }
    }
}

fn at_site(caller: &Caller, merchant: MerchantId, site: SiteId, scope: Scope) -> Answer<()> {
    match caller {
        Caller::Operator | Caller::Staff(_) => only(caller.is(&[Role::Owner, Role::Manager])),
        Caller::Till(own) => there(own.merchant == merchant).and_then(|()| scope_of(caller, scope)),
        Caller::Kiosk(own) => there(*own == site),
        Caller::Subject(_) => only(false),
    }
}

/// Refuses a key without this scope.
fn scope_of(caller: &Caller, scope: Scope) -> Answer<()> {
    match caller {
        Caller::Till(till) if !till.scopes.has(scope) => {
            Err(Refusal::new(Code::Forbidden, format!("This key lacks the scope {}.", scope.word())))
        }
        _ => Ok(()),
    }
}

/// Whether the caller made this subject, not longer ago than an enrolment takes.
fn enrols(caller: &Caller, subject: &StoredSubject, now_ms: i64) -> bool {
    subject.enrolled_by == caller.name() && now_ms < subject.enrol_until_ms
}

fn only(may: bool) -> Answer<()> {
    if may { Ok(()) } else { Err(Refusal::new(Code::Forbidden, "This key or session is not for that.")) }
}

fn there(may: bool) -> Answer<()> {
    if may { Ok(()) } else { Err(Refusal::not_found("thing")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use handsel_api::subjects::SubjectStatus;
    use ulid::Ulid;

    #[test]
    fn a_table_of_who_may_do_what() {
        let id = |n| Ulid::from_parts(1, n);
        let (merchant, site) = (MerchantId(id(1)), SiteId(id(2)));
        let subject = StoredSubject {
            id: SubjectId(id(3)),
            status: SubjectStatus::Active,
            wrapped_key: crate::vault::Wrapped { by: 1, sealed: vec![].into() },
            name_sealed: vec![],
            phone_sealed: None,
            enrolled_by: Caller::Kiosk(site).name(),
            enrol_until_ms: 100,
            created_ms: 0,
        };
        let staff = |role| Caller::Staff(Staff { id: StaffId(id(4)), role });
        let callers = [
            Caller::Operator,
            Caller::till(merchant),
            Caller::Kiosk(site),
            Caller::Subject(subject.id),
            Caller::till(MerchantId(id(8))),
            Caller::Kiosk(SiteId(id(8))),
            Caller::Subject(SubjectId(id(8))),
            staff(Role::Owner),
            staff(Role::Manager),
            staff(Role::Support),
            staff(Role::Auditor),
        ];
        // In the order of `callers`: yes, or why not.
        let (yes, no, gone) = ("yes", "forbidden", "not_found");
        let refunds = Right::Manage { merchant, scope: Scope::RefundsWrite };
        let reports = Right::Manage { merchant, scope: Scope::ReportsRead };
        let enrol = |now_ms| Right::Enrol { subject: &subject, now_ms };
        let see = |now_ms| Right::See { subject: &subject, now_ms };
        let table = [
            (Right::Own, [yes, no, no, no, no, no, no, yes, no, no, no]),
            (Right::Run, [yes, no, no, no, no, no, no, yes, yes, no, no]),
            (Right::Look, [yes, no, no, no, no, no, no, yes, yes, no, yes]),
            (Right::Oversee, [yes, no, no, no, no, no, no, yes, no, no, yes]),
            (Right::ListPeople, [yes, no, no, no, no, no, no, yes, no, no, no]),
            (Right::Sell { merchant, site }, [yes, yes, yes, no, gone, gone, no, yes, yes, no, no]),
            (Right::SeePayment { merchant, site }, [yes, yes, yes, no, gone, gone, no, yes, yes, yes, yes]),
            (Right::Scan { merchant, site }, [yes, yes, yes, no, gone, gone, no, yes, yes, no, no]),
            (Right::SignUp { merchant, site }, [yes, yes, yes, no, gone, gone, no, yes, yes, no, no]),
            (refunds, [yes, yes, no, no, gone, no, no, yes, yes, no, no]),
            (reports, [yes, yes, no, no, gone, no, no, yes, yes, no, yes]),
            (Right::OwnWallet { subject: subject.id }, [no, no, no, yes, no, no, gone, no, no, no, no]),
            (Right::ActFor { subject: subject.id }, [yes, no, no, yes, no, no, gone, yes, no, yes, no]),
            (enrol(99), [gone, gone, yes, yes, gone, gone, gone, gone, gone, gone, gone]),
            (enrol(100), [gone, gone, gone, yes, gone, gone, gone, gone, gone, gone, gone]),
            (see(99), [yes, gone, yes, yes, gone, gone, gone, yes, gone, yes, gone]),
            (see(100), [yes, gone, gone, yes, gone, gone, gone, yes, gone, yes, gone]),
        ];
        for (row, (right, expected)) in table.into_iter().enumerate() {
            for (caller, expected) in callers.iter().zip(expected) {
                let found = allow(caller, right).map_or_else(|refusal| refusal.code.name(), |()| yes.to_owned());
                assert_eq!(found, expected, "row {row}, {caller:?}");
            }
        }
    }

    #[test]
    fn a_till_may_all_but_be_a_shops_agent() {
        for scope in Scope::ALL {
            assert_eq!(Scopes::TILL.has(scope), scope != Scope::Offline, "{scope:?}");
            assert_eq!(Scopes::TILL.has(scope), Scope::TILL.contains(&scope), "{scope:?}");
        }
    }

    #[test]
    fn a_key_does_what_its_scopes_say_and_nothing_else() {
        let id = |n| Ulid::from_parts(1, n);
        let (merchant, site) = (MerchantId(id(1)), SiteId(id(2)));
        for held in Scope::ALL {
            let till = Caller::Till(Till { merchant, scopes: Scopes::of(&[held]), key: None });
            let mut rights = vec![
                (Right::Sell { merchant, site }, Scope::PaymentsWrite),
                (Right::SeePayment { merchant, site }, Scope::PaymentsRead),
                (Right::Scan { merchant, site }, Scope::ScannersWrite),
                (Right::SignUp { merchant, site }, Scope::SubjectsWrite),
            ];
            rights.extend(Scope::ALL.map(|scope| (Right::Manage { merchant, scope }, scope)));
            for (right, needed) in rights {
                let answer = allow(&till, right);
                assert_eq!(answer.is_ok(), held == needed, "{held:?} {needed:?}");
                if let Err(refusal) = answer {
                    assert_eq!(refusal.code, Code::Forbidden);
                    assert!(refusal.detail.contains(needed.word()), "{}", refusal.detail);
                }
            }
        }
        let nothing = Caller::Till(Till { merchant, scopes: Scopes::of(&[]), key: None });
        let elsewhere = allow(&nothing, Right::Sell { merchant: MerchantId(id(9)), site });
        assert_eq!(elsewhere.unwrap_err().code, Code::NotFound, "another merchant's is not even there");
    }
}
