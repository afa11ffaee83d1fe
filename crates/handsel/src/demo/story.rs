//! The story: enrol two, pay with each, refuse a stranger, refund, freeze, erase, and look for what must be gone.

use super::{
    client::{Answer, Client},
    files,
};
use anyhow::{Result, bail, ensure};
use handsel_api::{
    Code, MerchantId, SiteId, SubjectId,
    consents::{Consent, GiveConsent, Notice, Purpose},
    keys::NewKey,
    merchants::{CreateMerchant, CreateSite, Merchant, Site},
    payments::{CreatePayment, CreateRefund, Decision, Identification, Payment, PaymentStatus, Refund},
    references::Enrolled,
    subjects::{
        AddPaymentMethod, CreateSubject, CreatedSubject, Erased, PaymentMethod, SandboxCard, Subject, SubjectStatus,
    },
};
use handsel_palm::{Capture, Frame, Side, Template, capture};
use handsel_synth::{Conditions, Palm};
use serde::Serialize;
use std::{path::Path, time::Instant};

/// Seeds of the drawn people of the story. Any three would do.
const FIRST: u64 = 101;
const SECOND: u64 = 202;
const STRANGER: u64 = 303;
/// How often a hand is held up before giving up, as a shopper would.
const TRIES: u32 = 3;

/// What held.
#[derive(Serialize)]
pub(crate) struct Report {
    steps: Vec<Step>,
    /// Whether all of it held.
    pub(crate) ok: bool,
}

#[derive(Serialize)]
struct Step {
    step: &'static str,
    ok: bool,
    ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

/// Tells the story to the server at `base`, whose store is in `folder`. Later steps are still tried when one fails.
pub(crate) fn tell(base: &str, admin_link: &str, folder: &Path, aloud: bool) -> Report {
    let mut report = Report { steps: Vec::new(), ok: true };
    let mut step = |name: &'static str, result: &mut dyn FnMut() -> Result<String>| {
        let start = Instant::now();
        let result = result();
        let ms = start.elapsed().as_secs_f64() * 1e3;
        let (ok, detail) = match result {
            Ok(detail) => (true, detail),
            Err(error) => (false, format!("{error:#}")),
        };
        if aloud {
            println!("{} {name:<16} {ms:>7.0} ms  {detail}", if ok { "✓" } else { "✗" });
        }
        report.ok &= ok;
        report.steps.push(Step { step: name, ok, ms, detail: Some(detail).filter(|detail| !detail.is_empty()) });
    };

    let anyone = Client::new(base);
    let mut shop = None;
    step("set_up", &mut || {
        shop = Some(Shop::set_up(&anyone, admin_link)?);
        Ok(String::new())
    });
    let Some(shop) = shop else { return report };

    let mut first = None;
    let mut second = None;
    step("enrol_first", &mut || {
        first = Some(shop.enrol("Wren Ashdown", FIRST)?);
        Ok(String::new())
    });
    step("enrol_second", &mut || {
        second = Some(shop.enrol("Moss Calder", SECOND)?);
        Ok(String::new())
    });
    let (Some(first), Some(second)) = (first, second) else { return report };

    step("enrol_again", &mut || shop.refuse_second_enrolment(FIRST));
    let mut paid = None;
    step("pay_first", &mut || {
        paid = Some(shop.pay(FIRST, 1240)?);
        Ok(String::new())
    });
    step("pay_second", &mut || shop.pay(SECOND, 310).map(|_| String::new()));
    step("refuse_stranger", &mut || shop.refuse("stranger", STRANGER));
    step("refund", &mut || match &paid {
        Some(payment) => shop.refund(payment),
        None => bail!("there is no payment to refund"),
    });
    step("freeze", &mut || {
        let wallet = anyone.with_bearer(&second.wallet);
        let subject: Subject = wallet.act(&format!("/v1/subjects/{}/freeze", second.id), None)?.done()?;
        ensure!(subject.status == SubjectStatus::Frozen, "the subject is not frozen");
        shop.refuse("frozen", SECOND)
    });
    step("delete", &mut || {
        let wallet = anyone.with_bearer(&first.wallet);
        let erased: Erased = wallet.delete(&format!("/v1/subjects/{}", first.id))?.done()?;
        ensure!(erased.references == 1, "{} palms were erased, not 1", erased.references);
        wallet.get::<Subject>(&format!("/v1/subjects/{}", first.id))?.refused_with(Code::Unauthenticated)?;
        shop.refuse("erased", FIRST)
    });
    step("search_files", &mut || {
        let (holders, read) = files::holding(folder, &first.template)?;
        ensure!(holders.is_empty(), "the deleted template is in {holders:?}");
        ensure!(read > 0, "there are no files to search");
        Ok(format!("{read} files, none holds a piece of the deleted template"))
    });
    report
}

/// One merchant with one till.
struct Shop {
    till: Client,
    site: SiteId,
}

/// Somebody who enrolled.
struct Enrollee {
    id: SubjectId,
    wallet: String,
    /// The very template the server made: the same frame always gives the same bytes.
    template: Vec<u8>,
}

impl Shop {
    fn set_up(anyone: &Client, admin_link: &str) -> Result<Shop> {
        let operator = anyone.with_bearer(&anyone.claim_admin(admin_link)?);
        let shop = CreateMerchant { name: "Fennel & Rye".into(), currency: "EUR".into() };
        let merchant: MerchantId = operator.post::<Merchant>("/v1/merchants", &shop, None)?.done()?.id;
        let key: NewKey = operator.act(&format!("/v1/merchants/{merchant}/keys"), None)?.done()?;
        let site = CreateSite { merchant, name: "Quay Street".into() };
        let site = operator.post::<Site>("/v1/sites", &site, None)?.done()?.id;
        operator.act::<Site>(&format!("/v1/sites/{site}/sign"), None)?.done()?;
        Ok(Shop { till: anyone.with_bearer(&key.key), site })
    }

    fn enrol(&self, name: &str, seed: u64) -> Result<Enrollee> {
        let id = self.create_subject(name)?;
        let path = format!("/v1/subjects/{}", id.subject.id);
        let references = format!("{path}/references");
        let frames: Vec<Vec<u8>> = (0..2).map(|index| frame(seed, index)).collect();
        self.till.post_frame::<Enrolled>(&references, &frames[0])?.refused_with(Code::ConsentRequired)?;

        self.sign(&path, name)?;
        for frame in &frames {
            self.till.post_frame::<Enrolled>(&references, frame)?.done()?;
        }
        let card = AddPaymentMethod { sandbox_card: SandboxCard::VisaApproved };
        self.till.post::<PaymentMethod>(&format!("{path}/payment_methods"), &card, None)?.done()?;
        let wallet = id.wallet_path.rsplit('/').next().unwrap_or_default().to_owned();
        Ok(Enrollee { id: id.subject.id, wallet, template: template(&frames[0])? })
    }

    fn refuse_second_enrolment(&self, seed: u64) -> Result<String> {
        let id = self.create_subject("Somebody Else")?;
        let path = format!("/v1/subjects/{}", id.subject.id);
        self.sign(&path, "Somebody Else")?;
        let palm = frame(seed, 7);
        self.till.post_frame::<Enrolled>(&format!("{path}/references"), &palm)?.refused_with(Code::AlreadyEnrolled)?;
        Ok("the same palm cannot be enrolled twice".into())
    }

    fn create_subject(&self, name: &str) -> Result<CreatedSubject> {
        let new = CreateSubject {
            site: self.site,
            display_name: name.into(),
            of_age: true,
            phone_last4: Some("4821".into()),
        };
        self.till.post("/v1/subjects", &new, None)?.done()
    }

    fn sign(&self, subject_path: &str, name: &str) -> Result<()> {
        let notice: Notice = self.till.get("/v1/notices/payment")?.done()?;
        let yes = GiveConsent {
            purpose: Purpose::Payment,
            notice_version: notice.version,
            notice_sha256: notice.sha256,
            signature: name.into(),
        };
        self.till.post::<Consent>(&format!("{subject_path}/consents"), &yes, None)?.done()?;
        Ok(())
    }

    fn open_payment(&self, amount_minor: i64, key: &str) -> Result<Payment> {
        let new = CreatePayment {
            site: self.site,
            amount_minor,
            currency: "EUR".into(),
            client_reference: Some(format!("sale {key}")),
            capture: Default::default(),
        };
        self.till.post("/v1/payments", &new, Some(key))?.done()
    }

    fn identify(&self, payment: &Payment, frame: &[u8]) -> Result<Answer<Identification>> {
        self.till.post_frame(&format!("/v1/payments/{}/identify", payment.id), frame)
    }

    fn pay(&self, seed: u64, amount_minor: i64) -> Result<Payment> {
        let payment = self.open_payment(amount_minor, &format!("open-{seed}"))?;
        for take in 0..TRIES {
            let Answer::Done(seen) = self.identify(&payment, &frame(seed, 20 + take))? else { continue };
            if seen.decision == Decision::Identified {
                let confirm = format!("/v1/payments/{}/confirm", payment.id);
                let key = format!("confirm-{seed}");
                let paid: Payment = self.till.act(&confirm, Some(&key))?.done()?;
                ensure!(paid.status == PaymentStatus::Captured, "the payment is {:?}", paid.status);
                ensure!(paid.receipt_path.is_some(), "there is no receipt");
                let again: Payment = self.till.act(&confirm, Some(&key))?.done()?;
                ensure!(again.receipt_path == paid.receipt_path, "a retry made another receipt");
                return Ok(paid);
            }
        }
        bail!("not recognised in {TRIES} tries")
    }

    /// Nobody may be recognised, and nothing charged.
    fn refuse(&self, who: &str, seed: u64) -> Result<String> {
        let payment = self.open_payment(500, &format!("refuse-{who}"))?;
        let mut looked = 0;
        for take in 0..TRIES {
            if let Answer::Done(seen) = self.identify(&payment, &frame(seed, 40 + take))? {
                ensure!(seen.decision == Decision::NoMatch, "the decision was {:?}", seen.decision);
                looked += 1;
            }
        }
        ensure!(looked > 0, "no capture was accepted, so nothing was shown");
        let now: Payment = self.till.get(&format!("/v1/payments/{}", payment.id))?.done()?;
        ensure!(now.status == PaymentStatus::RequiresPalm, "the payment is {:?}", now.status);
        Ok(format!("{looked} captures, no match, nothing charged"))
    }

    fn refund(&self, paid: &Payment) -> Result<String> {
        let path = format!("/v1/payments/{}/refunds", paid.id);
        let whole = CreateRefund { amount_minor: paid.amount_minor, currency: paid.currency.clone() };
        self.till.post::<Refund>(&path, &whole, Some("refund-1"))?.done()?;
        self.till.post::<Refund>(&path, &whole, Some("refund-2"))?.refused_with(Code::RefundTooLarge)?;
        let now: Payment = self.till.get(&format!("/v1/payments/{}", paid.id))?.done()?;
        ensure!(now.refunded_minor == paid.amount_minor, "{} was given back", now.refunded_minor);
        Ok("in full, and not twice".into())
    }
}

/// One capture of the right hand of the drawn person `seed`.
fn frame(seed: u64, index: u32) -> Vec<u8> {
    Palm::from_seed(seed, Side::Right).draw_hand(&Conditions::of_capture(seed, index)).to_jpeg(90)
}

fn template(frame: &[u8]) -> Result<Vec<u8>> {
    match capture(&Frame::decode(frame)?) {
        Capture::Accepted(sample) => Ok(Template::extract(&sample.roi).to_bytes().to_vec()),
        Capture::Rejected(_) => bail!("the enrolment frame shows no palm"),
    }
}
