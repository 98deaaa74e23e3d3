// The orchestrators of the suite, which is the same in each language. Their function names pick what runs.

#include "suite.h"

SOLOIST_ORCHESTRATORS(
    {"hello-cities", hello_cities},
    {"approval", approval},
    {"fan-out", fan_out},
    {"retry", retry},
    {"fails", fails},
    {"catches", catches},
    {"throws", throws},
    {"child", child},
    {"double", doubled},
    {"child-fails", child_fails},
    {"events", events},
    {"send", send_one},
    {"counter", counter},
    {"status", status},
    {"log", logs},
    {"race", race},
    {"cancels", cancels},
    {"readings", readings},
    {"http", http},
    {"context", context},
    {"chain-c", chain});
