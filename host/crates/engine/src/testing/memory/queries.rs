use soloist_core::{InstanceId, Payload, Role, Timestamp};

use super::state::{Instance, State};
use crate::{
    CountQuery, EndPlace, EndedInstance, InstanceCounts, InstanceFilter, InstanceOrder,
    InstancePage, InstancePlace, InstanceQuery, InstanceStatus, Shown,
};

impl Instance {
    /// What callers see of it.
    pub(super) fn shown(&self, id: &InstanceId) -> InstanceStatus {
        let Some(Role::Start(started)) = self.events.first().map(|event| event.kind.role()) else {
            panic!("{id} does not begin with its start");
        };
        let end = self.events.last().map(|event| event.kind.clone());
        InstanceStatus {
            instance: id.clone(),
            function: started.function.clone(),
            execution: self.execution,
            status: self.status,
            input: started.input.clone(),
            end: end.filter(|_| !self.status.is_live()),
            custom_status: self.custom_status.clone(),
            history_events: self.events.len() as u64,
            created: self.created,
            last_updated: self.last_updated,
            tags: started.tags.clone(),
        }
    }

    fn bytes(&self) -> usize {
        let ends = [self.events.first(), self.events.last()].into_iter();
        ends.flatten()
            .map(|event| format!("{:?}", event.kind).len())
            .sum()
    }
}

impl State {
    pub(super) fn query(&self, query: &InstanceQuery) -> InstancePage {
        let order = query.filter.order();
        let mut all: Vec<_> = self.instances.iter().collect();
        if order == InstanceOrder::Creation {
            all.sort_by_key(|(_, instance)| (instance.created, instance.number));
        }
        let rest = all
            .into_iter()
            .filter(|(id, instance)| match (order, &query.after) {
                (InstanceOrder::Id, Some(InstancePlace::Id(after))) => *id > after,
                (InstanceOrder::Creation, Some(InstancePlace::Creation { created, number })) => {
                    (instance.created, instance.number) > (*created, *number)
                }
                _ => true,
            });
        let mut page = InstancePage {
            instances: Vec::new(),
            next: None,
        };
        let (mut last, mut bytes) = (None, 0);
        for (looks, (id, instance)) in rest.enumerate() {
            let is_full = page.instances.len() >= query.limit || bytes >= query.bytes_max;
            if is_full || looks >= query.looks_max {
                page.next = last;
                break;
            }
            last = Some(match order {
                InstanceOrder::Id => InstancePlace::Id(id.clone()),
                InstanceOrder::Creation => InstancePlace::Creation {
                    created: instance.created,
                    number: instance.number,
                },
            });
            let mut shown = instance.shown(id);
            if !query.filter.matches(&shown) {
                continue;
            }
            bytes += instance.bytes();
            match query.shown {
                Shown::Whole => {}
                Shown::WithoutInput => shown.input = Payload::null(),
                Shown::WithoutPayloads => {
                    shown.input = Payload::null();
                    shown.custom_status = None;
                    shown.end = None;
                }
            }
            page.instances.push(shown);
        }
        page
    }

    pub(super) fn count(&self, query: &CountQuery) -> Option<InstanceCounts> {
        let filter = InstanceFilter {
            function: query.function.clone(),
            tags: query.tags.clone(),
            ..InstanceFilter::default()
        };
        let all = || {
            self.instances
                .iter()
                .map(|(id, instance)| instance.shown(id))
        };
        let looks = |(name, value): (&String, &String)| {
            all()
                .filter(|instance| instance.tags.get(name) == Some(value))
                .count()
        };
        let rarest = query.tags.iter().map(looks).min();
        if rarest.is_some_and(|looks| looks > query.looks_max) {
            return None;
        }
        let mut counts = InstanceCounts::default();
        for instance in all().filter(|instance| filter.matches(instance)) {
            counts.add(instance.function, instance.status, 1);
        }
        Some(counts)
    }

    pub(super) fn ended(
        &self,
        after: Option<EndPlace>,
        until: Timestamp,
        limit: usize,
    ) -> Vec<EndedInstance> {
        let ended = self
            .instances
            .iter()
            .filter(|(_, instance)| !instance.status.is_live() && instance.last_updated <= until);
        let mut ended: Vec<_> = ended
            .map(|(id, instance)| EndedInstance {
                instance: id.clone(),
                execution: instance.execution,
                place: EndPlace {
                    ended: instance.last_updated,
                    number: instance.number,
                },
            })
            .filter(|ended| after.is_none_or(|after| ended.place > after))
            .collect();
        ended.sort_by_key(|ended| ended.place);
        ended.truncate(limit);
        ended
    }
}
