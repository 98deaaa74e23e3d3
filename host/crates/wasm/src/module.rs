use soloist_engine::{Exports, ModuleError};
use wasmtime::Engine;
use wasmtime::component::{Component, InstancePre, Linker};

use crate::activity::{self, ActivityState};
use crate::bindings::exports::soloist::orchestration::{
    activity as activity_export, orchestrator as orchestrator_export,
};
use crate::orchestrator::{self, OrchestratorState};
use crate::room::Needs;
use crate::trap::Kind;
use crate::{WasmError, check};

/// A component that is compiled and linked.
pub(crate) struct Module {
    pub(crate) exports: Exports,
    /// Ready to be begun as an orchestrator.
    pub(crate) orchestrator: Option<OrchestratorPre>,
    /// Ready to be begun as an activity.
    pub(crate) activity: Option<ActivityPre>,
    pub(crate) needs: Needs,
    /// The size of the component as it was uploaded.
    pub(crate) component_bytes: usize,
}

pub(crate) struct OrchestratorPre {
    pub(crate) instance: InstancePre<OrchestratorState>,
    pub(crate) indices: orchestrator_export::GuestIndices,
}

pub(crate) struct ActivityPre {
    pub(crate) instance: InstancePre<ActivityState>,
    pub(crate) indices: activity_export::GuestIndices,
}

/// What the host offers to each kind.
pub(crate) struct Linkers {
    orchestrator: Linker<OrchestratorState>,
    activity: Linker<ActivityState>,
}

impl Linkers {
    pub(crate) fn new(engine: &Engine) -> Result<Self, WasmError> {
        let failed = |error: wasmtime::Error| WasmError::Engine(error.into());
        Ok(Self {
            orchestrator: orchestrator::linker(engine).map_err(failed)?,
            activity: activity::linker(engine).map_err(failed)?,
        })
    }

    /// Checks what `component` exports and imports, and links it for each kind that it can be.
    pub(crate) fn link(
        &self,
        component: &Component,
        component_bytes: usize,
    ) -> Result<Module, ModuleError> {
        let exports = check::exports(component)?;
        let mut module = Module {
            exports,
            orchestrator: None,
            activity: None,
            needs: needs(component)?,
            component_bytes,
        };
        if exports.orchestrator {
            let instance = self
                .orchestrator
                .instantiate_pre(component)
                .map_err(|error| check::link_error(component, Kind::Orchestrator, &error))?;
            let indices = orchestrator_export::GuestIndices::new(&instance)
                .map_err(|error| check::unusable(&error))?;
            module.orchestrator = Some(OrchestratorPre { instance, indices });
        }
        if exports.activity {
            let instance = self
                .activity
                .instantiate_pre(component)
                .map_err(|error| check::link_error(component, Kind::Activity, &error))?;
            let indices = activity_export::GuestIndices::new(&instance)
                .map_err(|error| check::unusable(&error))?;
            module.activity = Some(ActivityPre { instance, indices });
        }
        Ok(module)
    }
}

fn needs(component: &Component) -> Result<Needs, ModuleError> {
    let required = component.resources_required().ok_or_else(|| {
        ModuleError(
            "this component imports a core module, which the host does not offer: link it into the component"
                .to_owned(),
        )
    })?;
    Ok(Needs {
        // One more, in case that it uses a garbage-collected heap.
        memories: required.num_memories + 1,
        tables: required.num_tables,
    })
}
