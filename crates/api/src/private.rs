//! Texts that belong to somebody: they travel, and are never printed.

use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// A text that no log, error or `Debug` shows.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct Private(pub String);

impl fmt::Debug for Private {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Private(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_travels_and_is_not_printed() {
        let private = Private("4471".to_owned());
        assert_eq!(serde_json::to_string(&private).unwrap(), "\"4471\"");
        assert!(!format!("{private:?}").contains("4471"));
    }
}
