//! What every task hub promises, one function a promise.

mod children;
mod counts;
mod earlier;
mod functions;
mod inbox;
mod instances;
mod keys;
mod operations;
mod orphans;
mod payloads;
mod queries;
mod recovery;
mod rewinds;
mod slots;
mod starts;
mod timers;

#[doc(hidden)]
pub mod promises {
    pub use super::children::*;
    pub use super::counts::*;
    pub use super::earlier::*;
    pub use super::functions::*;
    pub use super::inbox::*;
    pub use super::instances::*;
    pub use super::keys::*;
    pub use super::operations::*;
    pub use super::orphans::*;
    pub use super::payloads::*;
    pub use super::queries::*;
    pub use super::recovery::*;
    pub use super::rewinds::*;
    pub use super::slots::*;
    pub use super::starts::*;
    pub use super::timers::*;
}

/// Makes one test of each promise, of a task hub of its own. `$hub` gives a value that lives as long as the test and
/// dereferences to the hub.
///
/// ```
/// soloist_engine::task_hub_contract!(|| Box::new(soloist_engine::testing::MemoryHub::new()));
/// ```
#[macro_export]
macro_rules! task_hub_contract {
    ($hub:expr) => {
        $crate::each_promise!($crate::test_promise, $hub);
    };
}

/// The one list of all promises, handed to a macro.
#[doc(hidden)]
#[macro_export]
macro_rules! each_promise {
    ($then:path, $with:expr) => {
        $then! { $with;
            // Operations.
            a_write_at_the_wrong_place_is_refused
            a_write_to_another_execution_is_refused
            a_write_to_an_unknown_or_ended_instance_is_refused
            events_that_are_numbered_wrongly_are_refused
            what_is_refused_changes_nothing
            what_was_built_on_a_refused_write_is_refused
            operations_of_one_instance_take_effect_in_their_order
            refused_writes_leave_those_of_other_instances
            // Starts.
            an_execution_may_begin_and_end_in_one_operation
            a_live_instance_is_not_started_again
            of_many_starts_at_once_one_wins
            of_many_starts_of_an_ended_instance_one_wins
            a_start_replaces_all_of_an_ended_execution
            a_start_needs_its_module
            an_execution_id_is_not_used_again
            continue_as_new_replaces_the_execution_and_keeps_the_instance
            a_replacement_is_a_new_instance_life
            // Instances.
            an_unknown_instance_is_none
            a_status_says_what_its_history_says
            tags_stay_as_long_as_the_instance_life
            a_custom_status_stays_until_it_is_set_anew
            a_log_line_is_stored_once
            a_log_is_read_page_by_page
            a_purge_takes_all_of_an_ended_instance
            a_live_or_unknown_instance_is_not_purged
            nothing_of_a_purged_instance_is_used_again
            // Queries.
            a_query_finds_what_its_filter_says
            a_query_follows_what_changes
            instances_are_found_page_by_page_while_they_change
            a_query_looks_at_so_many_and_says_where_to_go_on
            a_page_ends_where_its_payloads_are_large
            a_place_of_another_order_is_as_good_as_none
            a_query_shows_what_is_asked_for
            ended_instances_are_listed_in_the_order_of_their_ends
            a_purge_of_one_execution_leaves_another
            // Counts.
            instances_are_counted_by_function_and_state
            a_count_follows_what_changes
            what_is_refused_is_not_counted
            instances_with_a_tag_are_counted_if_they_are_few
            // Payloads.
            payloads_come_back_as_they_were_written
            a_long_history_comes_back_whole
            // Inbox.
            a_message_waits_and_makes_its_target_ready
            messages_keep_their_order_and_are_never_numbered_again
            an_inbox_that_is_not_empty_keeps_its_instance_ready
            only_what_was_taken_leaves_the_inbox
            a_message_to_an_instance_that_is_not_live_is_dropped
            an_end_drops_the_inbox
            a_new_execution_in_place_of_a_live_one_keeps_the_inbox
            an_instance_can_send_to_itself
            // Orphans.
            orphans_are_listed_page_by_page_until_they_have_run
            orphans_outlive_a_new_execution
            orphans_of_a_terminated_instance_are_dropped
            // Children.
            a_child_waits_until_it_is_begun
            a_child_begins_once
            a_child_that_is_given_up_never_begins
            children_of_a_terminated_instance_never_begin
            a_refused_child_answers_once
            children_are_found_by_their_parent
            // Rewinds.
            a_failed_instance_goes_on
            only_what_has_ended_there_is_rewound
            a_rewound_instance_needs_its_module
            // Timers.
            timers_are_listed_after_the_last_place_of_a_time
            timers_are_listed_page_by_page_while_they_change
            timers_that_are_done_are_forgotten
            an_end_forgets_all_timers
            a_new_execution_has_only_its_own_timers
            the_next_timer_is_the_first_later_one
            // Limits.
            a_start_beyond_a_limit_is_refused_and_nothing_is_written
            of_many_starts_at_once_as_many_win_as_there_are_slots
            queued_starts_are_promoted_in_their_order
            a_queued_instance_takes_no_turn
            what_was_promoted_is_ready_until_it_has_begun
            what_leaves_the_queue_leaves_no_slot
            an_instance_keeps_its_slot_as_long_as_its_function
            other_limits_promote_or_drain
            // Recovery.
            what_has_something_to_do_is_unfinished
            unfinished_instances_are_listed_page_by_page_while_they_change
            // Functions.
            a_name_is_bound_and_bound_anew
            a_name_is_unbound
            a_module_comes_back_as_it_was_stored
            a_module_that_a_function_needs_stays
            a_module_that_a_live_instance_needs_stays
            a_continued_instance_needs_only_its_new_module
            // Keys.
            keys_are_kept_put_anew_and_forgotten
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! test_promise {
    ($hub:expr; $($promise:ident)*) => {
        $(
            #[test]
            fn $promise() {
                let hub = ($hub)();
                $crate::testing::block_on($crate::testing::promises::$promise(&*hub));
            }
        )*
    };
}
