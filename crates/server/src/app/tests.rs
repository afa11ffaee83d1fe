//! The domain on a store of its own, with drawn palms, a processor that fails on purpose, and files looked at from outside.

mod as_written;
mod bad_input;
mod between;
mod books;
mod cards;
mod cohorts;
mod crash;
mod credits;
mod custody;
mod demo;
mod directory;
mod disk;
mod disputes;
mod erasure;
mod events;
mod held;
mod histories;
mod later;
mod leaving;
mod left;
mod legal_requests;
mod logged;
mod loyalty;
mod modes;
mod offline;
mod once;
mod opening;
mod palms;
mod processor_events;
mod purposes;
mod refused;
mod retention;
mod step_up;
mod transparency;

use super::{App, Caller, Cohort, RequestKey};
use crate::{
    config::Config,
    processor::{
        Asking, Charge, ChargeAt, Charged, LinkedCard, Processor, RefundState, SetupStarted, Silent,
        rehearsal::Rehearsal,
    },
    store::{
        charges, money,
        tests::{Ground, On, on_both_engines},
    },
};
use handsel_api::{
    CardSetupId, MerchantId, PaymentId, RefundId, SiteId, SubjectId,
    consents::{GiveConsent, Language, Purpose},
    merchants::{CreateMerchant, CreateSite},
    payments::{CaptureWhen, ConfirmPayment, CreatePayment, CreateRefund, PayByCard, Payment},
    references::Hand,
    subjects::{AddPaymentMethod, CreateSubject, SandboxCard},
};
use handsel_ledger::{Account, Amount, Currency};
use handsel_palm::Side;
use handsel_synth::{Conditions, Palm};
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
};

/// An installation in a temporary folder, with one merchant and one site.
struct Shop {
    app: App,
    merchant: MerchantId,
    site: SiteId,
    dir: Arc<Ground>,
}

impl Shop {
    async fn open() -> Shop {
        Shop::open_on(On::Sqlite).await
    }

    async fn open_on(on: On) -> Shop {
        let dir = Arc::new(Ground::new(on));
        let app = App::open(&dir.config()).await.unwrap();
        Shop::furnish(app, dir).await
    }

    async fn open_with(processor: Faulty, dir: Arc<Ground>) -> Shop {
        let app = App::open_with(&dir.config(), Box::new(processor)).await.unwrap();
        Shop::furnish(app, dir).await
    }

    async fn furnish(app: App, dir: Arc<Ground>) -> Shop {
        let merchant = CreateMerchant { name: "Corner Store".to_owned(), currency: "EUR".to_owned() };
        let merchant = app.create_merchant(&Caller::Operator, merchant).await.unwrap().id;
        let site = CreateSite { merchant, name: "Front counter".to_owned() };
        let site = app.create_site(&Caller::Operator, site).await.unwrap().id;
        app.confirm_sign(&Caller::Operator, site).await.unwrap();
        Shop { app, merchant, site, dir }
    }

    fn till(&self) -> Caller {
        Caller::till(self.merchant)
    }

    fn kiosk(&self) -> Caller {
        Caller::Kiosk(self.site)
    }

    async fn payment(&self, minor: i64) -> Payment {
        self.app.create_payment(&self.till(), &RequestKey::unique(), self.asks(minor)).await.unwrap()
    }

    fn asks(&self, minor: i64) -> CreatePayment {
        CreatePayment {
            site: self.site,
            amount_minor: minor,
            currency: "EUR".to_owned(),
            client_reference: None,
            capture: CaptureWhen::Now,
        }
    }

    /// A payment whose money is to be set aside.
    async fn payment_for_later(&self, minor: i64) -> Payment {
        let asks = CreatePayment { capture: CaptureWhen::Later, ..self.asks(minor) };
        self.app.create_payment(&self.till(), &RequestKey::unique(), asks).await.unwrap()
    }

    /// Has everything that waits for the processor asked again, as when its time has come.
    async fn ask_again(&self) {
        let mut tx = self.app.0.store.write().await.unwrap();
        charges::ask_all_now(&mut tx, 0).await.unwrap();
        tx.commit().await.unwrap();
        self.app.ask_again().await.unwrap();
    }

    /// What the merchant is owed, as the ledger has it.
    async fn booked(&self) -> i64 {
        let account = Account::merchant(self.merchant.0.into(), Currency::parse("EUR").unwrap());
        let (debits, credits) = money::posted(&mut self.app.0.store.read().await.unwrap(), account.id).await.unwrap();
        credits - debits
    }

    /// A paid payment, by card.
    async fn paid(&self, minor: i64) -> Payment {
        let id = self.payment(minor).await.id;
        self.app.pay_by_card(&self.till(), &RequestKey::unique(), id, VISA).await.unwrap()
    }

    /// A subject who signed and linked a card; and the path of their wallet.
    async fn shopper(&self, name: &str, phone_last4: Option<&str>) -> (SubjectId, String) {
        let create = CreateSubject {
            site: self.site,
            display_name: name.to_owned(),
            of_age: true,
            phone_last4: phone_last4.map(str::to_owned),
        };
        let made = self.app.create_subject(&self.kiosk(), create).await.unwrap();
        let id = made.subject.id;
        self.app.give_consent(&self.kiosk(), id, self.yes(name)).await.unwrap();
        let card = AddPaymentMethod { sandbox_card: SandboxCard::VisaApproved };
        self.app.add_payment_method(&self.kiosk(), id, card).await.unwrap();
        (id, made.wallet_path)
    }

    fn yes(&self, name: &str) -> GiveConsent {
        let notice = self.app.notice(Purpose::Payment, Language::En);
        GiveConsent {
            purpose: Purpose::Payment,
            notice_version: notice.version,
            notice_sha256: notice.sha256,
            signature: name.to_owned(),
        }
    }

    /// Enrols two captures of a drawn palm.
    async fn enrol(&self, subject: SubjectId, hand: &Drawn) {
        for take in 0..2 {
            self.app.add_reference(&self.kiosk(), subject, hand.frame(take)).await.unwrap();
        }
    }

    fn refund(&self, minor: i64) -> CreateRefund {
        CreateRefund { amount_minor: minor, currency: "EUR".to_owned() }
    }
}

const VISA: PayByCard = PayByCard { sandbox_card: SandboxCard::VisaApproved, tip_minor: 0, credit_code: None };

/// A hand that belongs to nobody.
struct Drawn {
    palm: Palm,
    seed: u64,
}

impl Drawn {
    fn new(seed: u64, hand: Hand) -> Drawn {
        let side = if hand == Hand::Left { Side::Left } else { Side::Right };
        Drawn { palm: Palm::from_seed(seed, side), seed }
    }

    /// A JPEG of capture `take`.
    fn frame(&self, take: u32) -> Vec<u8> {
        self.palm.draw_hand(&Conditions::of_capture(self.seed, take)).to_jpeg(92)
    }
}

/// When a [`Faulty`] processor fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Fault {
    None,
    SilentBefore,
    SilentAfter,
    HangBefore,
    HangAfter,
    Down,
    RefusesRefunds,
}

/// The simulated processor behind a bad line.
#[derive(Clone)]
struct Faulty {
    sim: Arc<Rehearsal>,
    fault: Arc<AtomicU8>,
}

impl Faulty {
    async fn new(dir: &Path, fault: Fault) -> Faulty {
        let sim = Arc::new(Rehearsal::open(dir));
        Faulty { sim, fault: Arc::new(AtomicU8::new(fault as u8)) }
    }

    fn set(&self, fault: Fault) {
        self.fault.store(fault as u8, Ordering::SeqCst);
    }

    fn is(&self, fault: Fault) -> bool {
        self.fault.load(Ordering::SeqCst) == fault as u8
    }

    /// Asks for something that moves money.
    fn moves<'a, T: Send + 'a>(&'a self, asked: Asking<'a, T>) -> Asking<'a, T> {
        Box::pin(async move {
            if self.is(Fault::HangBefore) {
                std::future::pending::<()>().await;
            }
            if self.is(Fault::SilentBefore) || self.is(Fault::Down) {
                return Err(Silent);
            }
            let answer = asked.await?;
            if self.is(Fault::HangAfter) {
                std::future::pending::<()>().await;
            }
            if self.is(Fault::SilentAfter) { Err(Silent) } else { Ok(answer) }
        })
    }

    /// Asks for something that takes none.
    fn asks<'a, T: Send + 'a>(&'a self, asked: Asking<'a, T>) -> Asking<'a, T> {
        Box::pin(async move { if self.is(Fault::Down) { Err(Silent) } else { asked.await } })
    }
}

impl Processor for Faulty {
    fn is_simulated(&self) -> bool {
        true
    }

    fn name(&self) -> &'static str {
        self.sim.driver.name()
    }

    fn start_setup(&self, setup: CardSetupId, return_url: String) -> Asking<'_, SetupStarted> {
        self.sim.driver.start_setup(setup, return_url)
    }

    fn look_up_setup(&self, reference: String) -> Asking<'_, Option<LinkedCard>> {
        self.sim.driver.look_up_setup(reference)
    }

    fn charge(&self, charge: Charge) -> Asking<'_, Charged> {
        self.moves(self.sim.driver.charge(charge))
    }

    fn capture(&self, at: ChargeAt, amount: Amount) -> Asking<'_, Charged> {
        self.moves(self.sim.driver.capture(at, amount))
    }

    fn void(&self, at: ChargeAt) -> Asking<'_, Charged> {
        self.asks(self.sim.driver.void(at))
    }

    fn refund(&self, refund: RefundId, at: ChargeAt, amount: Amount) -> Asking<'_, RefundState> {
        if self.is(Fault::RefusesRefunds) {
            return Box::pin(async { Ok(RefundState::Refused) });
        }
        self.moves(self.sim.driver.refund(refund, at, amount))
    }

    fn look_up(&self, at: ChargeAt) -> Asking<'_, Option<Charged>> {
        self.asks(self.sim.driver.look_up(at))
    }
}
