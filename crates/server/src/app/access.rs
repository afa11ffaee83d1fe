//! Who may do what: the only place that decides it.

use super::{Answer, Refusal};
use crate::store::subjects::StoredSubject;
use handsel_api::{Code, KeyId, MerchantId, SiteId, SubjectId, keys::Scope};

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Caller {
    /// Runs this installation.
    Operator,
    /// One merchant's key.
    Till(Till),
    /// A kiosk bound to one site.
    Kiosk(SiteId),
    /// Somebody at their own wallet.
    Subject(SubjectId),
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
    /// Run the installation.
    Operate,
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
            Caller::Operator | Caller::Till(_) | Caller::Subject(_) => None,
        }
    }

    /// Names the caller in the store: who made a subject, whose an idempotency key is.
    pub(crate) fn name(&self) -> String {
        match self {
            Caller::Operator => "operator".to_owned(),
            Caller::Till(till) => format!("till:{}", till.merchant),
            Caller::Kiosk(site) => format!("kiosk:{site}"),
            Caller::Subject(subject) => format!("subject:{subject}"),
        }
    }
}

/// Lets the caller go on, or refuses. What belongs to somebody else is not even there.
pub(super) fn allow(caller: &Caller, right: Right<'_>) -> Answer<()> {
    match right {
        Right::Operate => only(*caller == Caller::Operator),
        Right::Sell { merchant, site } => at_site(caller, merchant, site, Scope::PaymentsWrite),
        Right::SeePayment { merchant, site } => at_site(caller, merchant, site, Scope::PaymentsRead),
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
            Caller::Operator => Ok(()),
            Caller::Subject(own) => there(*own == subject),
            Caller::Till(_) | Caller::Kiosk(_) => only(false),
        },
        Right::Enrol { subject, now_ms } => match caller {
            Caller::Subject(own) => there(*own == subject.id),
            _ => there(enrols(caller, subject, now_ms)).and_then(|()| scope_of(caller, Scope::SubjectsWrite)),
        },
        Right::See { subject, now_ms } => match caller {
            Caller::Operator => Ok(()),
            Caller::Subject(own) => there(*own == subject.id),
            _ => there(enrols(caller, subject, now_ms)),
        },
    }
}

/// Whose things a list shows: `None`, every merchant's, for the operator; its own for a key with this scope.
pub(super) fn merchant_of(caller: &Caller, scope: Scope) -> Answer<Option<MerchantId>> {
    scope_of(caller, scope)?;
    match caller {
        Caller::Operator => Ok(None),
        Caller::Till(till) => Ok(Some(till.merchant)),
        Caller::Kiosk(_) | Caller::Subject(_) => only(false).map(|()| None),
    }
}

fn at_site(caller: &Caller, merchant: MerchantId, site: SiteId, scope: Scope) -> Answer<()> {
    match caller {
        Caller::Operator => Ok(()),
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
        let callers = [
            Caller::Operator,
            Caller::till(merchant),
            Caller::Kiosk(site),
            Caller::Subject(subject.id),
            Caller::till(MerchantId(id(8))),
            Caller::Kiosk(SiteId(id(8))),
            Caller::Subject(SubjectId(id(8))),
        ];
        // In the order of `callers`: yes, or why not.
        let (yes, no, gone) = ("yes", "forbidden", "not_found");
        let table = [
            (Right::Operate, [yes, no, no, no, no, no, no]),
            (Right::Sell { merchant, site }, [yes, yes, yes, no, gone, gone, no]),
            (Right::SeePayment { merchant, site }, [yes, yes, yes, no, gone, gone, no]),
            (Right::Scan { merchant, site }, [yes, yes, yes, no, gone, gone, no]),
            (Right::SignUp { merchant, site }, [yes, yes, yes, no, gone, gone, no]),
            (Right::Manage { merchant, scope: Scope::RefundsWrite }, [yes, yes, no, no, gone, no, no]),
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
