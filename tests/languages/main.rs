//! Does the SDK of each language do what it says? One suite of orchestrators and activities, written in each of them
//! (`tests/guests/suite`), against real hosts; and each language's orchestrators with each language's activities.

mod cache;
mod children;
mod events;
mod failures;
mod http;
mod kills;
mod knowing;
mod lessons;
mod matrix;
mod plugins;
mod stage;
mod steps;

use tests::Language;

/// Makes a module a language, which holds a test for each name.
macro_rules! languages {
    ($tests:tt: $($module:ident is $language:ident),* $(,)?) => {
        $(mod $module {
            tests_of! { $language $tests }
        })*
    };
}

macro_rules! tests_of {
    ($language:ident { $($topic:ident: $($test:ident),* $(,)?;)* }) => {
        $($(
            #[tokio::test]
            async fn $test() -> anyhow::Result<()> {
                crate::$topic::$test(crate::Language::$language).await
            }
        )*)*
    };
}

languages! {{
    steps:
        cities_are_greeted_in_sequence,
        a_hundred_steps_run_at_once,
        an_execution_continues_as_new;
    failures:
        a_flaky_step_is_tried_until_it_answers,
        a_step_that_never_answers_fails_with_its_last_failure,
        a_failure_keeps_all_its_parts,
        an_activitys_failure_is_caught_whole,
        a_failure_that_nobody_may_retry_stops_at_once,
        an_ordinary_error_becomes_a_failure,
        an_ordinary_error_of_an_activity_becomes_a_failure,
        a_step_that_is_given_up_says_so,
        an_unknown_function_is_told_those_that_there_are;
    children:
        a_child_answers,
        a_child_has_the_id_that_it_is_given,
        a_childs_failure_is_caught_whole;
    events:
        an_approval_ends_as_it_is_decided,
        events_come_in_their_order,
        an_event_that_does_not_come_in_time_is_not_waited_for,
        an_event_that_was_encoded_twice_is_read,
        an_empty_text_is_no_input,
        an_event_is_sent_to_another_instance,
        a_race_is_won_by_either;
    knowing:
        the_custom_status_is_the_last_one,
        each_level_of_the_log_is_kept,
        an_orchestrator_knows_where_it_is,
        a_child_knows_its_parent,
        an_activity_knows_its_call;
    http:
        an_orchestrator_calls_a_server,
        an_activity_fetches_what_it_is_granted;
    kills:
        a_chain_goes_on_after_a_kill,
        log_lines_stand_once_after_a_kill,
        what_was_read_is_read_again_after_a_kill,
        nothing_changes_where_no_guest_stays_in_memory;
    plugins:
        the_plugins_do_what_they_do_in_every_language;
}:
    rust is Rust,
    javascript is JavaScript,
    python is Python,
    c is C,
    go is Go,
}
