//! Who may do what: the only place that decides it.

use super::{Answer, Refusal};
use crate::store::subjects::StoredSubject;
use handsel_api::{Code, MerchantId, SiteId, SubjectId};

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Caller {
    /// Runs this installation.
    Operator,
    /// One merchant's key.
    Till(MerchantId),
    /// A kiosk bound to one site.
    Kiosk(SiteId),
    /// Somebody at their own wallet.
    Subject(SubjectId),
}

/// What a caller wants to do.
#[derive(Clone, Copy)]
pub(super) enum Right<'a> {
    /// Run the installation.
    Operate,
    /// Sell and enrol at a site.
    Sell { merchant: MerchantId, site: SiteId },
    /// Give money back for a merchant.
    GiveBack { merchant: MerchantId },
    /// See a merchant's settlements and export its payments.
    Books { merchant: MerchantId },
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
    /// Names the caller in the store: who made a subject, whose an idempotency key is.
    pub(crate) fn name(&self) -> String {
        match self {
            Caller::Operator => "operator".to_owned(),
            Caller::Till(merchant) => format!("till:{merchant}"),
            Caller::Kiosk(site) => format!("kiosk:{site}"),
            Caller::Subject(subject) => format!("subject:{subject}"),
        }
    }
}

/// Lets the caller go on, or refuses. What belongs to somebody else is not even there.
pub(super) fn allow(caller: &Caller, right: Right<'_>) -> Answer<()> {
    match right {
        Right::Operate => only(*caller == Caller::Operator),
        Right::Sell { merchant, site } => match caller {
            Caller::Operator => Ok(()),
            Caller::Till(own) => there(*own == merchant),
            Caller::Kiosk(own) => there(*own == site),
            Caller::Subject(_) => only(false),
        },
        Right::GiveBack { merchant } | Right::Books { merchant } => match caller {
            Caller::Operator => Ok(()),
            Caller::Till(own) => there(*own == merchant),
            Caller::Kiosk(_) | Caller::Subject(_) => only(false),
        },
        Right::OwnWallet { subject } => match caller {
            Caller::Subject(own) => there(*own == subject),
            _ => only(false),
        },
        Right::ActFor { subject } => match caller {
            Caller::Operator => Ok(()),
            Caller::Subject(own) => there(*own == subject),
            Caller::Till(_) | Caller::Kiosk(_) => only(false),
        },
        Right::Enrol { subject, now_ms } => match caller {
            Caller::Subject(own) => there(*own == subject.id),
            _ => there(enrols(caller, subject, now_ms)),
        },
        Right::See { subject, now_ms } => match caller {
            Caller::Operator => Ok(()),
            Caller::Subject(own) => there(*own == subject.id),
            _ => there(enrols(caller, subject, now_ms)),
        },
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
            wrapped_key: vec![],
            name_sealed: vec![],
            phone_sealed: None,
            enrolled_by: Caller::Kiosk(site).name(),
            enrol_until_ms: 100,
            created_ms: 0,
        };
        let callers = [
            Caller::Operator,
            Caller::Till(merchant),
            Caller::Kiosk(site),
            Caller::Subject(subject.id),
            Caller::Till(MerchantId(id(8))),
            Caller::Kiosk(SiteId(id(8))),
            Caller::Subject(SubjectId(id(8))),
        ];
        // In the order of `callers`: yes, or why not.
        let (yes, no, gone) = ("yes", "forbidden", "not_found");
        let table = [
            (Right::Operate, [yes, no, no, no, no, no, no]),
            (Right::Sell { merchant, site }, [yes, yes, yes, no, gone, gone, no]),
            (Right::GiveBack { merchant }, [yes, yes, no, no, gone, no, no]),
            (Right::Books { merchant }, [yes, yes, no, no, gone, no, no]),
            (Right::OwnWallet { subject: subject.id }, [no, no, no, yes, no, no, gone]),
            (Right::ActFor { subject: subject.id }, [yes, no, no, yes, no, no, gone]),
            (Right::Enrol { subject: &subject, now_ms: 99 }, [gone, gone, yes, yes, gone, gone, gone]),
            (Right::Enrol { subject: &subject, now_ms: 100 }, [gone, gone, gone, yes, gone, gone, gone]),
            (Right::See { subject: &subject, now_ms: 99 }, [yes, gone, yes, yes, gone, gone, gone]),
            (Right::See { subject: &subject, now_ms: 100 }, [yes, gone, gone, yes, gone, gone, gone]),
        ];
        for (row, (right, expected)) in table.into_iter().enumerate() {
            for (caller, expected) in callers.iter().zip(expected) {
                let found = allow(caller, right).map_or_else(|refusal| refusal.code.name(), |()| yes.to_owned());
                assert_eq!(found, expected, "row {row}, {caller:?}");
            }
        }
    }
}
