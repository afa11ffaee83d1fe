//! For `handsel bench`: an installation with as many palms as one likes, of nobody.

use super::{Answer, App};
use crate::nobody;
use handsel_api::references::Hand;
use handsel_palm::Template;

/// Subjects written in one transaction.
const AT_ONCE: u32 = 1_000;

impl App {
    /// Writes `subjects` subjects into the store, each with a consent and one palm, whose templates are the given ones in turn.
    /// They can be searched after the next start. For measuring only: one palm gets many names, so nobody is ever recognised.
    ///
    /// # Errors
    /// Whatever the store says; what was written before stays.
    pub async fn fill_to_measure(&self, subjects: u32, templates: &[Template], wrote: impl Fn(u32)) -> Answer<()> {
        let bytes: Vec<_> = templates.iter().map(Template::to_bytes).collect();
        let mut template = bytes.iter().cycle();
        for from in (0..subjects).step_by(AT_ONCE as usize) {
            let some = AT_ONCE.min(subjects - from);
            let mut tx = self.0.store.write().await?;
            for bytes in template.by_ref().take(some as usize) {
                nobody::enrol(&mut tx, &self.0.vault, Hand::Right, bytes).await?;
            }
            tx.commit().await?;
            wrote(from + some);
        }
        Ok(())
    }

    /// How many palms the memory of this process holds.
    pub fn palms(&self) -> usize {
        self.0.palms.len()
    }
}
