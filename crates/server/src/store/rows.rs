//! Reading what rows hold back into types that cannot hold a wrong value.

use super::StoreError;
use std::str::FromStr;

/// An id, a status or a word; what does not read back was not written by this program.
pub(crate) fn parse<T: FromStr>(column: &'static str, text: &str) -> Result<T, StoreError> {
    text.parse().map_err(|_| StoreError::Broken(format!("{column} does not read back")))
}

/// The word of a plain enum, as the API spells it.
pub(crate) fn word<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        _ => Err(StoreError::Broken("a value without a word".to_owned())),
    }
}

/// The plain enum a word of the API stands for.
pub(crate) fn from_word<T: serde::de::DeserializeOwned>(column: &'static str, word: &str) -> Result<T, StoreError> {
    serde_json::from_value(serde_json::Value::String(word.to_owned()))
        .map_err(|_| StoreError::Broken(format!("{column} does not read back")))
}

/// A count or a size.
pub(crate) fn count<T: TryFrom<i64>>(column: &'static str, value: i64) -> Result<T, StoreError> {
    T::try_from(value).map_err(|_| StoreError::Broken(format!("{column} is out of range")))
}

/// Bytes of a known length.
pub(crate) fn bytes<const N: usize>(column: &'static str, value: &[u8]) -> Result<[u8; N], StoreError> {
    value.try_into().map_err(|_| StoreError::Broken(format!("{column} has another length")))
}

/// A list, as statements take it that write or look up many rows at once: each of `json_each`'s rows is one of it.
pub(crate) fn list<T: serde::Serialize>(items: &[T]) -> Result<String, StoreError> {
    serde_json::to_string(items).map_err(|_| StoreError::Broken("a list that cannot be written".to_owned()))
}
