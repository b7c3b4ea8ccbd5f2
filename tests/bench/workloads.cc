// SPDX-License-Identifier: ISC

#include "tests/bench/workloads.h"

namespace minetd::bench {

namespace {

constexpr unsigned usual[] = {1, 16, 64};
constexpr unsigned some[] = {16};
constexpr unsigned crowd[] = {256};
constexpr unsigned many[] = {1, 16, 64, 200, 1000};
constexpr unsigned few_of_many[] = {16, 200};
constexpr unsigned busy[] = {16, 64};
constexpr unsigned one_busy[] = {64};
constexpr unsigned idlers[] = {200, 1000, 10000};
constexpr unsigned few_idlers[] = {200};
constexpr unsigned attackers[] = {0, 1000};

constexpr std::string_view line_each = "--exchange echo --clients {0}";
constexpr std::string_view lines = "--exchange keepalive --clients {0}";
constexpr std::string_view run = "--exchange expect --clients {0}";

constexpr Workload table[] = {
    {"exec-static", "a static program per connection", Needs::program, run, "ok_static", usual,
     usual},
    {"exec-dynamic", "a dynamic program per connection", Needs::program, run, "ok_dynamic", usual,
     usual},
    {"exec-script", "a script per connection", Needs::program, run, "ok_script", usual, usual},
    {"echo", "builtin echo, a connection per line", Needs::echo, line_each, "", usual, usual},
    {"keepalive", "builtin echo, persistent connections", Needs::echo, lines, "", usual, usual},
    {"burst", "builtin echo, clients that all come at once and stay", Needs::burst,
     "--exchange hold --clients {0}", "", crowd, crowd},
    {"admission-echo", "what address rules cost an echo on event, a connection per line",
     Needs::ruled_echo, line_each, "", some, some},
    {"admission-exec", "what address rules cost a static program on nowait", Needs::ruled_program,
     run, "ok_static", some, some},
    {"pool-echo", "echo from a pool, a connection per line", Needs::pool, line_each, "", many,
     few_of_many},
    {"pool-keepalive", "echo from a pool, persistent connections", Needs::pool, lines, "", many,
     few_of_many},
    {"http", "a small file, wrk, persistent connections", Needs::file, "wrk", "", busy, one_busy},
    {"idle", "16 clients of echo beside idle connections", Needs::idle,
     "--exchange keepalive --clients 16 --idle {0}", "", idlers, few_idlers},
    {"first-byte", "echo, clients that all come at once and stay for a second", Needs::stay,
     "--exchange hold --stay 1 --clients {0}", "", crowd, crowd},
    {"first-byte-program", "a program that takes a second, clients that all come at once",
     Needs::slow_program, "--exchange expect --once --clients {0}", "ok_slow", crowd, crowd},
    {"slowloris", "16 clients of a small file beside those that send a byte a second", Needs::guard,
     "--exchange ask --get /index.html --expected {1}/index.html --clients 16 --attackers {0} "
     "--trickle",
     "", attackers, attackers},
    {"slowloris-silent", "16 clients of a small file beside those that send nothing", Needs::guard,
     "--exchange ask --get /index.html --expected {1}/index.html --clients 16 --attackers {0}", "",
     attackers, attackers},
};

}  // namespace

std::span<const Workload> workloads() {
    return table;
}

}  // namespace minetd::bench
