//! How many tasks run at once: as many as the machine has CPUs for.

use std::num::NonZero;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::idl::core::Resources;
use crate::idl::core::resources::ResourceName;
use crate::validation::tasks::nano_units;

/// The CPUs of the machine, in thousandths, given out first come, first served.
pub struct Slots {
    free: Arc<Semaphore>,
    all: u32,
}

/// A thousandth of a CPU, in billionths.
const MILLI: i128 = 1_000_000;

/// What a task takes that does not say: Python code keeps one CPU busy.
const USUAL: u32 = 1_000;

impl Slots {
    /// The slots of a machine with so many CPUs.
    pub fn new(cpus: usize) -> Self {
        let all = u32::try_from(cpus.max(1)).unwrap_or(u32::MAX).saturating_mul(1_000);
        // A semaphore that could not hold them would be of another machine than is built today.
        let all = all.min(u32::try_from(Semaphore::MAX_PERMITS).unwrap_or(u32::MAX));
        Self { free: Arc::new(Semaphore::new(all as usize)), all }
    }

    /// The slots of this machine.
    pub fn of_this_machine() -> Self {
        Self::new(std::thread::available_parallelism().map_or(1, NonZero::get))
    }

    /// Waits for `milli` thousandths of a CPU; for the whole machine when that is less. They are free again when the
    /// answer is dropped.
    pub async fn take(&self, milli: u32) -> Option<OwnedSemaphorePermit> {
        // It is never closed, so this always gives one.
        Arc::clone(&self.free).acquire_many_owned(milli.clamp(1, self.all)).await.ok()
    }
}

/// The thousandths of a CPU that a task asks for by its own resources and what a node has `overridden` of them.
pub fn milli_cpus(own: &Resources, overridden: Option<&Resources>) -> u32 {
    // The last one counts. Kubernetes takes the limit when there is no request.
    let limits = own.limits.iter().chain(overridden.iter().flat_map(|resources| &resources.limits));
    let requests = own.requests.iter().chain(overridden.iter().flat_map(|resources| &resources.requests));
    limits
        .chain(requests)
        .filter(|entry| entry.name == ResourceName::Cpu as i32)
        .filter_map(|entry| nano_units(&entry.value))
        .next_back()
        .map_or(USUAL, |nanos| u32::try_from(nanos / MILLI).unwrap_or(if nanos < 0 { 0 } else { u32::MAX }))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;
    use crate::idl::core::resources::ResourceEntry;

    #[tokio::test]
    async fn a_task_waits_for_its_cpus() {
        let slots = Slots::new(2);
        let whole = slots.take(9_000).await.unwrap();
        assert!(timeout(Duration::from_millis(20), slots.take(1)).await.is_err());
        drop(whole);
        let _first = slots.take(1_000).await.unwrap();
        let _second = slots.take(500).await.unwrap();
        assert!(timeout(Duration::from_millis(20), slots.take(501)).await.is_err());
        drop(slots.take(500).await.unwrap());
    }

    #[test]
    fn requests_in_thousandths() {
        let entry =
            |name: ResourceName, value: &str| ResourceEntry { name: name as i32, value: value.into() };
        let cpus = |request: &str, limit: &str| Resources {
            requests: vec![entry(ResourceName::Memory, "1Gi"), entry(ResourceName::Cpu, request)],
            limits: vec![entry(ResourceName::Cpu, limit)],
        };
        assert_eq!(milli_cpus(&Resources::default(), None), 1_000);
        assert_eq!(milli_cpus(&cpus("250m", "2"), None), 250);
        assert_eq!(milli_cpus(&cpus("250m", "2"), Some(&cpus("1.5", "4"))), 1_500);
        let limit = Resources { limits: vec![entry(ResourceName::Cpu, "3")], ..Default::default() };
        assert_eq!(milli_cpus(&limit, None), 3_000);
        assert_eq!(milli_cpus(&cpus("250m", "2"), Some(&limit)), 250);
        assert_eq!(milli_cpus(&cpus("nonsense", "nonsense"), None), 1_000);
    }
}
