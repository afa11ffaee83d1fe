//! The match: from a frame to somebody, to one more question, or to nobody. Charges nothing.

use super::{Answer, App, Caller};
use handsel_api::{
    PaymentId,
    payments::{Identification, Payment, StepUp},
};

impl App {
    /// Looks for whoever holds their hand over the scanner, from the bytes of one frame.
    pub async fn identify(&self, caller: &Caller, id: PaymentId, frame: Vec<u8>) -> Answer<Identification> {
        let _ = (caller, id, frame);
        todo!()
    }

    /// One more proof: the last four digits of the phone. Three wrong ones end the palm path of this payment.
    pub async fn step_up(&self, caller: &Caller, id: PaymentId, proof: StepUp) -> Answer<Payment> {
        let _ = (caller, id, proof);
        todo!()
    }
}
