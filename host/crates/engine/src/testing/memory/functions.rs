use std::sync::Arc;

use soloist_core::{ModuleDigest, Timestamp};

use super::state::State;
use crate::{Bound, FunctionRecord, ModuleRecord, NewModule, RemovedModule};

/// How many instances a module record names.
const INSTANCES_NAMED: usize = 10;

pub(super) struct StoredModule {
    pub(super) bytes: Arc<[u8]>,
    created: Timestamp,
}

impl State {
    pub(super) fn bind(&mut self, mut function: FunctionRecord, module: NewModule) -> Bound {
        let stored = self
            .modules
            .entry(module.digest)
            .or_insert_with(|| StoredModule {
                bytes: module.bytes,
                created: function.created,
            });
        function.digest = module.digest;
        function.size = stored.bytes.len() as u64;
        match self.functions.insert(function.name.clone(), function) {
            None => Bound::New,
            Some(_) => Bound::Anew,
        }
    }

    pub(super) fn module(&self, digest: ModuleDigest) -> Option<ModuleRecord> {
        let stored = self.modules.get(&digest)?;
        let functions = self.functions.values();
        let functions = functions.filter(|function| function.digest == digest);
        let instances = self
            .instances
            .iter()
            .filter(|(_, instance)| instance.status.is_live() && instance.module == digest);
        Some(ModuleRecord {
            digest,
            size: stored.bytes.len() as u64,
            created: stored.created,
            functions: functions.map(|function| function.name.clone()).collect(),
            instances: instances
                .map(|(id, _)| id.clone())
                .take(INSTANCES_NAMED)
                .collect(),
        })
    }

    pub(super) fn remove_module(&mut self, digest: ModuleDigest) -> RemovedModule {
        match self.module(digest) {
            None => RemovedModule::Unknown,
            Some(needed) if !needed.functions.is_empty() || !needed.instances.is_empty() => {
                RemovedModule::Needed(needed)
            }
            Some(_) => {
                self.modules.remove(&digest);
                RemovedModule::Removed
            }
        }
    }
}
