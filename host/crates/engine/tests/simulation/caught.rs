//! Each planted fault is found by the invariant that it breaks, and without it the same seed keeps them all.

use crate::invariants::Invariant;
use crate::planted::Planted;
use crate::simulation::simulate;

/// In so many seeds a fault is found.
const SEEDS: u64 = 100;

/// In some seed `by` is the first invariant that breaks. In those before it, another may have been faster.
fn finds(fault: Planted, by: Invariant) {
    let mut faster = Vec::new();
    for seed in 0..SEEDS {
        if let Some(broken) = simulate(seed, Some(fault)).broken {
            assert_eq!(simulate(seed, None).broken, None, "seed {seed}, no fault");
            if broken.invariant == by {
                return;
            }
            faster.push(broken.invariant);
        }
    }
    panic!("{fault:?} is not found by {by:?} in {SEEDS} seeds, but by {faster:?}");
}

/// Each fault with the invariant that must find it.
macro_rules! found {
    ($($test:ident: $fault:ident by $invariant:ident;)*) => {
        $(
            #[test]
            fn $test() {
                finds(Planted::$fault, Invariant::$invariant);
            }
        )*
    };
}

found! {
    an_event_lost_at_continue_as_new_is_found: DropsCarriedEvents by CarriedOver;
    an_answer_before_its_commit_is_found: AnswersBeforeCommit by AnswerAfterCommit;
    an_activity_before_its_commit_is_found: AnswersBeforeCommit by ActivityAfterCommit;
    a_wake_up_that_is_forgotten_is_found: ForgetsReady by Ready;
    a_wake_up_that_is_lost_at_recovery_is_found: HidesReady by NothingLeft;
    open_work_that_is_forgotten_is_found: ForgetsOpenWork by OpenWork;
    an_orphan_that_is_forgotten_is_found: ForgetsOrphans by Orphans;
    a_timer_that_is_forgotten_is_found: ForgetsTimers by TimerRows;
    a_timer_that_is_left_over_is_found: KeepsTimersDone by TimerRows;
    a_timer_that_fires_early_is_found: ClockIsDeaf by TimerNotEarly;
    a_log_line_that_is_lost_is_found: LosesLogs by Logs;
    a_custom_status_that_is_forgotten_is_found: ForgetsCustomStatus by CustomStatus;
    a_message_taken_twice_is_found: DeliversAgain by InboxKept;
    a_message_that_is_handed_out_twice_is_found: DoublesMessages by EventOnce;
    an_answer_that_is_recorded_twice_is_found: RecordsAnswersTwice by WellFormed;
    a_suspension_that_is_forgotten_is_found: ForgetsSuspensions by Status;
    time_that_goes_back_along_a_chain_is_found: BeginsEarlier by TimeOfChain;
    an_activity_that_runs_twice_is_found: RunsTwice by Attempts;
    an_owner_that_waits_for_ever_is_found: NeverAnswers by Liveness;
    a_timer_that_never_fires_is_found: SleepsForEver by NothingLeft;
    a_message_that_is_lost_is_found: LosesMessages by InboxKept;
    a_child_that_begins_twice_is_found: KeepsChildStarts by ChildStarts;
    a_child_that_never_begins_is_found: LosesChildStarts by ChildStarts;
    a_start_of_a_child_that_never_goes_is_found: LiesAboutChildStarts by Liveness;
    an_answer_of_a_child_that_is_lost_is_found: LosesChildAnswers by ChildLost;
    an_answer_of_a_child_that_comes_twice_is_found: DoublesChildAnswers by InboxKept;
    a_child_that_begins_though_given_up_is_found: KeepsGivenUp by ChildStarts;
    a_child_that_lives_on_though_given_up_is_found: HidesGivenUp by InboxKept;
    a_child_of_a_terminated_parent_that_begins_is_found: KeepsChildrenOfTheTerminated by ChildStarts;
    a_rewind_that_leaves_the_end_is_found: LeavesTheEnd by WellFormed;
    a_delayed_start_that_begins_early_is_found: EndsDelaysEarly by TimerNotEarly;
    an_activity_that_goes_on_though_terminated_is_found: IgnoresInterrupts by Interrupted;
    an_end_that_wakes_nobody_is_found: WakesNobody by Woken;
    a_live_instance_that_is_replaced_is_found: ForgetsTheLiving by OneLive;
    a_module_removed_under_a_live_instance_is_found: RemovesNeededModules by ModuleKept;
    a_raise_behind_the_owner_is_found: RaisesBehindTheOwner by OneOwner;
    a_refused_operation_that_takes_effect_is_found: CommitsTheRefused by RefusedIsVoid;
    an_answer_of_an_earlier_life_is_found: AnswersOfEarlierLives by OwnAnswer;
    an_attempt_that_is_answered_twice_is_found: AnswersAttemptsAgain by OwnAnswer;
    an_execution_id_that_is_drawn_again_is_found: IdsRepeat by NewIds;
    a_guest_that_does_more_in_a_replay_is_found: PeeksInReplay by Logs;
    trouble_of_the_host_in_a_history_is_found: TroubleIsFailure by TroubleIsVoid;
    a_held_answer_that_is_consumed_is_found: NothingIsHeld by Held;
    a_cancel_that_looks_ahead_is_found: AnyAnswerIsDone by HotEqualsReplay;
    an_event_that_is_assigned_when_it_comes_is_found: AssignOnArrival by HotEqualsReplay;
}
