//! Vouchers: a promotion's credit for whoever does not enrol. A code is printed at the counter and pays first beside a card, until
//! nothing is left of it. It is an account of credits like a subject's, that whoever has the code may spend.

use super::{
    Answer, App, Caller, Refusal, RequestKey,
    access::{Right, allow},
    payments::another_request_had_this_key,
};
use crate::{
    clock::{now_ms, rfc3339},
    store::{Conn, credits, promotions},
};
use handsel_api::{
    Code, Private, PromotionId,
    credits::{CreateVouchers, Vouchers},
};
use handsel_ledger::AccountId;

/// The most vouchers of one request.
const MOST: u32 = 100;
/// Letters and digits that nobody takes for another.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// How many of them a code has: 60 bits.
const LENGTH: usize = 12;

impl App {
    /// Makes codes worth a promotion's credit. The same `request` again gets the same codes. Operators only.
    pub async fn create_vouchers(
        &self,
        caller: &Caller,
        request: &RequestKey,
        id: PromotionId,
        create: CreateVouchers,
    ) -> Answer<Vouchers> {
        allow(caller, Right::Run)?;
        if !(1..=MOST).contains(&create.count) {
            return Err(Refusal::field(Code::InvalidField, "/count", format!("1 to {MOST}.")));
        }
        let now_ms = now_ms();
        let mut tx = self.0.store.write().await?;
        let promotion = promotions::promotion(&mut tx, id).await?.ok_or_else(|| Refusal::not_found("promotion"))?;
        let codes: Vec<String> = (0..create.count).map(|n| code(&self.0.vault.new_code(request.bytes(), n))).collect();
        let mut expires_ms = promotion.expires_ms(now_ms);
        for code in &codes {
            let hash = self.0.vault.code_hash(code);
            if let Some(before) = credits::by_code(&mut tx, &hash).await? {
                if before.promotion != id {
                    return Err(another_request_had_this_key());
                }
                expires_ms = before.expires_ms;
                continue;
            }
            if !promotion.runs(now_ms) {
                return Err(Refusal::new(Code::WrongState, "This promotion does not run now."));
            }
            let account = self.credit_account(u128::from_be_bytes(hash), &promotion)?;
            self.give(&mut tx, &promotion, &account, None, Some(hash), now_ms).await?;
        }
        tx.commit().await?;
        tracing::info!(promotion = %id, count = create.count, "vouchers made");
        Ok(Vouchers {
            promotion: id,
            amount_minor: promotion.amount_minor,
            currency: promotion.currency,
            expires_at: rfc3339(expires_ms),
            codes: codes.iter().map(|code| grouped(code)).collect(),
        })
    }

    /// The account behind a code that pays in this currency.
    pub(super) async fn voucher(
        &self,
        conn: &mut Conn,
        code: &Private,
        currency: &str,
        now_ms: i64,
    ) -> Answer<AccountId> {
        let spent = |detail| Refusal::field(Code::CreditCodeSpent, "/credit_code", detail);
        let found = credits::by_code(conn, &self.0.vault.code_hash(&read(&code.0))).await?;
        let found = found.filter(|one| !one.over && now_ms < one.expires_ms);
        let found = found.ok_or_else(|| spent("There is no such code here, or its time is over."))?;
        if found.currency != currency {
            return Err(spent("This code pays in another currency."));
        }
        Ok(found.account)
    }
}

fn code(bytes: &[u8; 16]) -> String {
    bytes.iter().take(LENGTH).map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect()
}

/// As it is printed: `K7QP-2MXD-9VHT`.
fn grouped(code: &str) -> String {
    let groups: Vec<&str> = [0..4, 4..8, 8..12].into_iter().filter_map(|range| code.get(range)).collect();
    groups.join("-")
}

/// A code as somebody typed it.
fn read(typed: &str) -> String {
    let kept = typed.chars().filter(|one| !matches!(one, '-' | ' ')).take(2 * LENGTH);
    kept.map(|one| match one.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let made = code(&[0, 1, 17, 33, 200, 31, 18, 0, 24, 255, 7, 9, 1, 1, 1, 1]);
        assert_eq!(made.len(), LENGTH);
        let printed = grouped(&made);
        assert_eq!(printed.len(), LENGTH + 2);
        for typed in [printed.clone(), printed.to_lowercase(), printed.replace('-', " "), printed.replace('0', "o")] {
            assert_eq!(read(&typed), made, "{typed}");
        }
        assert_eq!(read("lI"), "11");
    }
}
