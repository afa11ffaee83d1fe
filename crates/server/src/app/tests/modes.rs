//! Keys of either mode, at a processor that moves real money and at one that does not.

use super::*;
use handsel_api::{
    Code,
    keys::{CreateKey, KeyMode},
};

/// As far as keys can tell, one that moves real money.
struct Real(Sim);

impl Processor for Real {
    fn is_simulated(&self) -> bool {
        false
    }

    fn authorize(&self, charge: Charge) -> Asking<'_, ChargeState> {
        self.0.authorize(charge)
    }

    fn capture(&self, payment: PaymentId) -> Asking<'_, ChargeState> {
        self.0.capture(payment)
    }

    fn void(&self, payment: PaymentId) -> Asking<'_, ChargeState> {
        self.0.void(payment)
    }

    fn refund(&self, refund: RefundId, payment: PaymentId, amount: Amount) -> Asking<'_, ()> {
        self.0.refund(refund, payment, amount)
    }

    fn look_up(&self, payment: PaymentId) -> Asking<'_, Option<ChargeState>> {
        self.0.look_up(payment)
    }
}

#[tokio::test]
async fn nobody_moves_real_money_with_a_test_key_nor_thinks_so_with_a_live_one() {
    for real in [false, true] {
        let dir = Arc::new(Ground::new(On::Sqlite));
        let sim = Sim::open(dir.path()).await.unwrap();
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
