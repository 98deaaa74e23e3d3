//! The filters that are measured, alone and in pairs.

use RuntimeStatus::{Completed, Failed, Pending, Running, Suspended, Terminated};
use soloist_engine::RuntimeStatus;

use crate::population::Member;

/// What is asked for, by which query, and which members it finds.
pub(super) type Case = (&'static str, &'static str, fn(&Member) -> bool);

/// One filter.
pub(super) const SINGLE: [Case; 9] = [
    ("common state", "runtimeStatus=Completed", |one| {
        one.status == Completed
    }),
    ("rare state", "runtimeStatus=Suspended", |one| {
        one.status == Suspended
    }),
    ("no such state", "runtimeStatus=Pending", |one| {
        one.status == Pending
    }),
    ("common function", "functionName=chain", |one| {
        one.function == "chain"
    }),
    ("rare function", "functionName=patient", |one| {
        one.function == "patient"
    }),
    ("common tag", "tag=region:east", |one| one.region == "east"),
    ("rare tag", "tag=customer:7", |one| one.customer == 7),
    ("common prefix", "instanceIdPrefix=order-", |one| {
        one.prefix == "order-"
    }),
    ("rare prefix", "instanceIdPrefix=vip-", |one| {
        one.prefix == "vip-"
    }),
];

/// Two filters.
pub(super) const CROSSED: [Case; 11] = [
    (
        "common function, rare state",
        "functionName=chain&runtimeStatus=Suspended",
        |one| one.function == "chain" && one.status == Suspended,
    ),
    (
        "common tag, rare state",
        "tag=region:west&runtimeStatus=Suspended",
        |one| one.region == "west" && one.status == Suspended,
    ),
    (
        "common tag, rare function",
        "tag=region:west&functionName=patient",
        |one| one.region == "west" && one.function == "patient",
    ),
    (
        "common tag, common state",
        "tag=region:east&runtimeStatus=Failed",
        |one| one.region == "east" && one.status == Failed,
    ),
    (
        "common tag, common state, none of both",
        "tag=region:west&runtimeStatus=Failed",
        |one| one.region == "west" && one.status == Failed,
    ),
    (
        "rare tag, common tag",
        "tag=customer:7&tag=region:west",
        |one| one.customer == 7 && one.region == "west",
    ),
    (
        "common prefix, rare state",
        "instanceIdPrefix=order-&runtimeStatus=Suspended",
        |one| one.prefix == "order-" && one.status == Suspended,
    ),
    (
        "common prefix, rare function",
        "instanceIdPrefix=order-&functionName=patient",
        |one| one.prefix == "order-" && one.function == "patient",
    ),
    (
        "common prefix, common state, none of both",
        "instanceIdPrefix=bill-&runtimeStatus=Running,Terminated",
        |one| one.prefix == "bill-" && matches!(one.status, Running | Terminated),
    ),
    (
        "common prefix, rare tag",
        "instanceIdPrefix=order-&tag=customer:7",
        |one| one.prefix == "order-" && one.customer == 7,
    ),
    (
        "rare prefix, common tag",
        "instanceIdPrefix=vip-&tag=region:west",
        |one| one.prefix == "vip-" && one.region == "west",
    ),
];

/// Another filter beside times of creation between which there are 1,000 instances.
pub(super) const RANGED: [Case; 6] = [
    ("times", "", |_| true),
    ("times, rare state", "runtimeStatus=Suspended", |one| {
        one.status == Suspended
    }),
    ("times, rare function", "functionName=patient", |one| {
        one.function == "patient"
    }),
    ("times, common tag", "tag=region:west", |one| {
        one.region == "west"
    }),
    ("times, rare tag", "tag=customer:7", |one| one.customer == 7),
    ("times, common prefix", "instanceIdPrefix=order-", |one| {
        one.prefix == "order-"
    }),
];
