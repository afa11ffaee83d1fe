//! What goes wrong, and when: by chance from a seed, the next few times, or for magic amounts.

use crate::books::Decline;
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde::{Deserialize, Serialize};
use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// How a request can go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Fault {
    /// The connection breaks; nothing was done.
    DropBefore,
    /// It is done; then the connection breaks.
    DropAfter,
    /// 503; nothing was done.
    ErrorBefore,
    /// It is done; then 500.
    ErrorAfter,
    /// It is done late, whether or not anybody still waits.
    SlowBefore,
    /// It is done; the answer is late.
    SlowAfter,
}

/// What a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum On {
    Any,
    Charge,
    Capture,
    Void,
    Refund,
    LookUp,
    Setup,
}

/// `PUT /faults`: from now on. What is left out is as it is without faults.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Plan {
    /// Where chance starts.
    pub(crate) seed: u64,
    /// How often each fault happens, from 0 to 1.
    pub(crate) rates: Rates,
    /// What the next requests meet, before chance is asked.
    pub(crate) next: Vec<Next>,
    /// How late a slow answer is.
    pub(crate) slow_ms: u64,
    pub(crate) webhooks: WebhookRates,
    /// How long an authorisation can be captured.
    pub(crate) authorizations_live_ms: i64,
    /// How long an idempotency key is remembered.
    pub(crate) keys_live_ms: i64,
}

/// How often a fault happens by chance.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Rates {
    drop_before: f64,
    drop_after: f64,
    error_before: f64,
    error_after: f64,
    slow_before: f64,
    slow_after: f64,
}

/// A fault that is certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Next {
    pub(crate) fault: Fault,
    #[serde(default = "any")]
    pub(crate) on: On,
    #[serde(default = "once")]
    pub(crate) times: u32,
}

/// How often a webhook goes wrong by chance.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct WebhookRates {
    /// Sent twice.
    pub(crate) duplicate: f64,
    /// Sent after the one that follows it.
    pub(crate) reorder: f64,
    /// Sent `late_ms` late.
    pub(crate) late: f64,
    /// One with a wrong signature and a lie in it is sent as well.
    pub(crate) forge: f64,
    pub(crate) late_ms: u64,
}

/// The faults of one processor.
pub(crate) struct Faults(Mutex<State>);

struct State {
    plan: Plan,
    chance: StdRng,
    /// Keys whose magic amount has had its effect: each goes wrong once, and comes right when asked again.
    spent: HashSet<String>,
}

/// What becomes of one request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Fate {
    pub(crate) fault: Option<Fault>,
    pub(crate) slow_ms: u64,
}

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// More keys than any test has.
const MOST_SPENT: usize = 100_000;

impl Default for Plan {
    fn default() -> Plan {
        Plan {
            seed: 0,
            rates: Rates::default(),
            next: Vec::new(),
            slow_ms: 2_000,
            webhooks: WebhookRates::default(),
            authorizations_live_ms: 7 * DAY_MS,
            keys_live_ms: DAY_MS,
        }
    }
}

impl Default for WebhookRates {
    fn default() -> WebhookRates {
        WebhookRates { duplicate: 0.0, reorder: 0.0, late: 0.0, forge: 0.0, late_ms: 2_000 }
    }
}

impl Default for Faults {
    fn default() -> Faults {
        Faults(Mutex::new(State::of(Plan::default())))
    }
}

impl State {
    fn of(plan: Plan) -> State {
        State { chance: StdRng::seed_from_u64(plan.seed), plan, spent: HashSet::new() }
    }
}

impl Faults {
    /// Replaces the plan.
    pub(crate) fn set(&self, plan: Plan) {
        *self.lock() = State::of(plan);
    }

    /// The plan as it is now: what happened already is no longer in `next`.
    pub(crate) fn plan(&self) -> Plan {
        self.lock().plan.clone()
    }

    /// Decides about one request. `key` and `amount_minor` are those of a charge.
    pub(crate) fn fate(&self, on: On, key: &str, amount_minor: Option<i64>) -> Fate {
        let mut state = self.lock();
        let fault = state.certain(on).or_else(|| state.magic(key, amount_minor)).or_else(|| state.by_chance());
        Fate { fault, slow_ms: state.plan.slow_ms }
    }

    /// How one webhook is sent: duplicated, reordered, late, forged.
    pub(crate) fn of_webhook(&self, amount_minor: i64) -> WebhookFate {
        let mut state = self.lock();
        let rates = state.plan.webhooks;
        let mut happens =
            |rate: f64, magic: i64| amount_minor == magic || (rate > 0.0 && state.chance.random_bool(rate));
        WebhookFate {
            duplicate: happens(rates.duplicate, MAGIC_WEBHOOK),
            reorder: happens(rates.reorder, MAGIC_WEBHOOK + 1),
            late_ms: if happens(rates.late, MAGIC_WEBHOOK + 2) { rates.late_ms } else { 0 },
            forge: happens(rates.forge, MAGIC_WEBHOOK + 3),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What becomes of one webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WebhookFate {
    pub(crate) duplicate: bool,
    pub(crate) reorder: bool,
    pub(crate) late_ms: u64,
    pub(crate) forge: bool,
}

/// The first of four amounts whose webhooks are duplicated, reordered, late, forged.
const MAGIC_WEBHOOK: i64 = 66_621;

/// Amounts whose charges are refused.
pub(crate) fn magic_decline(amount_minor: i64) -> Option<Decline> {
    Some(match amount_minor {
        66_601 => Decline::Refused,
        66_602 => Decline::InsufficientFunds,
        66_603 => Decline::Expired,
        66_604 => Decline::AuthenticationRequired,
        _ => return None,
    })
}

/// Amounts whose charges go wrong, once per idempotency key.
fn magic_fault(amount_minor: i64) -> Option<Fault> {
    Some(match amount_minor {
        66_611 => Fault::ErrorBefore,
        66_612 => Fault::ErrorAfter,
        66_613 => Fault::DropBefore,
        66_614 => Fault::DropAfter,
        66_615 => Fault::SlowBefore,
        66_616 => Fault::SlowAfter,
        _ => return None,
    })
}

impl State {
    fn certain(&mut self, on: On) -> Option<Fault> {
        let found = self.plan.next.iter_mut().find(|next| (next.on == On::Any || next.on == on) && next.times > 0)?;
        found.times -= 1;
        let fault = found.fault;
        self.plan.next.retain(|next| next.times > 0);
        Some(fault)
    }

    fn magic(&mut self, key: &str, amount_minor: Option<i64>) -> Option<Fault> {
        let fault = magic_fault(amount_minor?)?;
        (self.spent.len() < MOST_SPENT && self.spent.insert(key.to_owned())).then_some(fault)
    }

    fn by_chance(&mut self) -> Option<Fault> {
        let rates = self.plan.rates;
        if rates == Rates::default() {
            return None;
        }
        let mut point: f64 = self.chance.random();
        for (fault, rate) in [
            (Fault::DropBefore, rates.drop_before),
            (Fault::DropAfter, rates.drop_after),
            (Fault::ErrorBefore, rates.error_before),
            (Fault::ErrorAfter, rates.error_after),
            (Fault::SlowBefore, rates.slow_before),
            (Fault::SlowAfter, rates.slow_after),
        ] {
            if point < rate {
                return Some(fault);
            }
            point -= rate;
        }
        None
    }
}

impl Plan {
    /// What is wrong with it, if anything.
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        let rates = self.rates;
        let of_requests = [
            rates.drop_before,
            rates.drop_after,
            rates.error_before,
            rates.error_after,
            rates.slow_before,
            rates.slow_after,
        ];
        let webhooks = self.webhooks;
        let of_webhooks = [webhooks.duplicate, webhooks.reorder, webhooks.late, webhooks.forge];
        if of_requests.iter().chain(&of_webhooks).any(|rate| !(0.0..=1.0).contains(rate)) {
            return Err("a rate is from 0 to 1");
        }
        if of_requests.iter().sum::<f64>() > 1.0 {
            return Err("the rates of requests add up to more than 1");
        }
        Ok(())
    }
}

fn any() -> On {
    On::Any
}

fn once() -> u32 {
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certain_faults_come_first_then_magic_ones_once_per_key() {
        let faults = Faults::default();
        let next = vec![Next { fault: Fault::DropAfter, on: On::Capture, times: 2 }];
        faults.set(Plan { next, ..Plan::default() });
        let fault = |on, key, amount| faults.fate(on, key, amount).fault;
        assert_eq!(fault(On::Charge, "a", Some(500)), None);
        assert_eq!(fault(On::Capture, "b", None), Some(Fault::DropAfter));
        assert_eq!(fault(On::Charge, "c", Some(66_611)), Some(Fault::ErrorBefore));
        assert_eq!(fault(On::Charge, "c", Some(66_611)), None);
        assert_eq!(fault(On::Capture, "b", None), Some(Fault::DropAfter));
        assert_eq!(fault(On::Capture, "b", None), None);
        assert!(faults.plan().next.is_empty());
    }

    #[test]
    fn the_same_seed_has_the_same_luck_and_the_rates_hold() {
        let draw = |seed| {
            let faults = Faults::default();
            faults.set(Plan {
                seed,
                rates: Rates { drop_before: 0.2, slow_after: 0.1, ..Rates::default() },
                ..Plan::default()
            });
            (0..10_000).map(|_| faults.fate(On::Charge, "", None).fault).collect::<Vec<_>>()
        };
        let drawn = draw(3);
        assert_eq!(drawn, draw(3));
        assert_ne!(drawn, draw(4));
        let count = |fault| drawn.iter().filter(|drawn| **drawn == fault).count();
        assert!((1_850..2_150).contains(&count(Some(Fault::DropBefore))));
        assert!((900..1_100).contains(&count(Some(Fault::SlowAfter))));
        assert_eq!(count(Some(Fault::DropAfter)), 0);
    }
}
