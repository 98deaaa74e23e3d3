//! The task hub in memory keeps the contract, and the contract catches hubs that do not.

mod flawed;

use std::panic::{AssertUnwindSafe, catch_unwind};

use flawed::{Flaw, Flawed};
use soloist_engine::testing::{Fault, MemoryHub, block_on, promises};

soloist_engine::task_hub_contract!(|| Box::new(MemoryHub::new()));

/// One that keeps earlier executions keeps all other promises too.
mod keeping {
    use soloist_engine::testing::{MemoryHub, block_on, promises};

    soloist_engine::task_hub_contract!(|| Box::new(MemoryHub::keeping(2)));

    #[test]
    fn so_many_earlier_executions_are_kept() {
        block_on(promises::earlier_executions_go(&MemoryHub::new()));
        block_on(promises::earlier_executions_are_kept(&MemoryHub::keeping(
            4,
        )));
        let hub = MemoryHub::keeping(2);
        block_on(promises::no_more_earlier_executions_are_kept(&hub, 2));
    }
}

/// Each flaw with the promise that must catch it.
macro_rules! caught {
    ($($flaw:ident by $promise:ident;)*) => {
        #[test]
        fn every_flaw_is_caught_by_its_promise() {
            $(
                let hub = Flawed::new(Flaw::$flaw);
                let kept = catch_unwind(AssertUnwindSafe(|| block_on(promises::$promise(&hub))));
                assert!(kept.is_err(), "{} did not catch {:?}", stringify!($promise), Flaw::$flaw);
            )*
        }
    };
}

caught! {
    AnyPlace by a_write_at_the_wrong_place_is_refused;
    AnyExecution by a_write_to_another_execution_is_refused;
    AnyExecution by nothing_of_a_purged_instance_is_used_again;
    AcceptsAndForgets by of_many_starts_at_once_one_wins;
    AcceptsAndForgets by of_many_starts_of_an_ended_instance_one_wins;
    RefusedButHalfDone by what_is_refused_changes_nothing;
    ForgetsTimersDone by timers_that_are_done_are_forgotten;
    ForgetsInboxTaken by only_what_was_taken_leaves_the_inbox;
    ForgetsMessages by a_message_waits_and_makes_its_target_ready;
    ForgetsKinds by keys_are_kept_put_anew_and_forgotten;
    NotReadyForMessages by an_inbox_that_is_not_empty_keeps_its_instance_ready;
    DropsOrphansOfOldExecutions by orphans_outlive_a_new_execution;
    ForgetsChildrenGivenUp by a_child_that_is_given_up_never_begins;
    ForgetsMessages by a_refused_child_answers_once;
    FirstPageOnly by a_child_waits_until_it_is_begun;
    FirstPageOnly by children_are_found_by_their_parent;
    UndoesNothing by a_failed_instance_goes_on;
    LogsAgain by a_log_line_is_stored_once;
    ClearsCustomStatus by a_custom_status_stays_until_it_is_set_anew;
    ForgetsTags by tags_stay_as_long_as_the_instance_life;
    CreatedAnew by continue_as_new_replaces_the_execution_and_keeps_the_instance;
    PrintsPayloads by payloads_come_back_as_they_were_written;
    FirstPageOnly by timers_are_listed_page_by_page_while_they_change;
    FirstPageOnly by orphans_are_listed_page_by_page_until_they_have_run;
    FirstPageOnly by instances_are_found_page_by_page_while_they_change;
    FirstPageOnly by ended_instances_are_listed_in_the_order_of_their_ends;
    FindsAll by a_query_finds_what_its_filter_says;
    LooksAtAll by a_query_looks_at_so_many_and_says_where_to_go_on;
    EndsAtShortPages by a_query_looks_at_so_many_and_says_where_to_go_on;
    PagesOfAnySize by a_page_ends_where_its_payloads_are_large;
    PurgesAnyExecution by a_purge_of_one_execution_leaves_another;
    ForgetsTags by a_query_finds_what_its_filter_says;
    FindsAll by instances_are_counted_by_function_and_state;
    ForgetsTags by instances_with_a_tag_are_counted_if_they_are_few;
    LooksAtAll by instances_with_a_tag_are_counted_if_they_are_few;
    FirstPageOnly by unfinished_instances_are_listed_page_by_page_while_they_change;
    ReadyOnly by what_has_something_to_do_is_unfinished;
    NoLimits by a_start_beyond_a_limit_is_refused_and_nothing_is_written;
    NoLimits by of_many_starts_at_once_as_many_win_as_there_are_slots;
    NeverQueues by queued_starts_are_promoted_in_their_order;
    PromotesInSilence by queued_starts_are_promoted_in_their_order;
    PromotesInSilence by an_instance_keeps_its_slot_as_long_as_its_function;
    HidesQueues by a_queued_instance_takes_no_turn;
    LimitsOnce by other_limits_promote_or_drain;
    RemovesNeededModules by a_module_that_a_live_instance_needs_stays;
    RemovesNeededModules by a_module_that_a_function_needs_stays;
    AlwaysNew by a_name_is_bound_and_bound_anew;
}

#[test]
fn without_a_flaw_the_wrapper_keeps_the_contract() {
    block_on(promises::what_is_refused_changes_nothing(&Flawed::new(
        Flaw::None,
    )));
    block_on(promises::payloads_come_back_as_they_were_written(
        &Flawed::new(Flaw::None),
    ));
}

#[test]
fn a_fault_that_a_test_asks_for_breaks_the_contract_once() {
    for fault in [Fault::Unavailable, Fault::Conflict] {
        let hub = MemoryHub::new();
        hub.fail_next_commit(fault);
        let kept = catch_unwind(AssertUnwindSafe(|| {
            block_on(promises::a_log_line_is_stored_once(&hub));
        }));
        assert!(kept.is_err(), "{fault:?} passed unseen");
    }
}
