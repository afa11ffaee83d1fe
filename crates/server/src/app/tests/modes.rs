//! Keys of either mode, at a processor that moves real money and at one that does not.

use super::*;
use handsel_api::{
    Code,
    keys::{CreateKey, KeyMode},
};

/// As far as keys can tell, one that moves real money.
struct Real(Faulty);

impl Processor for Real {
    fn is_simulated(&self) -> bool {
        false
    }

    fn name(&self) -> &'static str {
        "real"
    }

    fn start_setup(&self, setup: CardSetupId, return_url: String) -> Asking<'_, SetupStarted> {
        self.0.start_setup(setup, return_url)
    }

    fn look_up_setup(&self, reference: String) -> Asking<'_, Option<LinkedCard>> {
        self.0.look_up_setup(reference)
    }

    fn charge(&self, charge: Charge) -> Asking<'_, Charged> {
        self.0.charge(charge)
    }

    fn capture(&self, at: ChargeAt, amount: Amount) -> Asking<'_, Charged> {
        self.0.capture(at, amount)
    }

    fn void(&self, at: ChargeAt) -> Asking<'_, Charged> {
        self.0.void(at)
    }

    fn refund(&self, refund: RefundId, at: ChargeAt, amount: Amount) -> Asking<'_, RefundState> {
        self.0.refund(refund, at, amount)
    }

    fn look_up(&self, at: ChargeAt) -> Asking<'_, Option<Charged>> {
        self.0.look_up(at)
    }
}

#[tokio::test]
async fn nobody_moves_real_money_with_a_test_key_nor_thinks_so_with_a_live_one() {
    for real in [false, true] {
        let dir = Arc::new(Ground::new(On::Sqlite));
        let sim = Faulty::new(dir.path(), Fault::None).await;
        let processor: Box<dyn Processor> = if real { Box::new(Real(sim)) } else { Box::new(sim) };
        let shop = Shop::furnish(App::open_with(&dir.config(), processor).await.unwrap(), Arc::clone(&dir)).await;
        for mode in [KeyMode::Test, KeyMode::Live] {
            let create = CreateKey { mode, scopes: None };
            let key = shop.app.create_key(&Caller::Operator, shop.merchant, create).await.unwrap().key;
            let answer = shop.app.caller_of(&key).await;
            if real == (mode == KeyMode::Live) {
                assert!(answer.is_ok(), "{mode:?} at a real processor: {real}");
            } else {
                assert_eq!(answer.unwrap_err().code, Code::KeyModeMismatch);
            }
        }
    }
}
