// SPDX-License-Identifier: ISC

#include "tests/bench/workloads.h"

namespace minetd::bench {

namespace {

constexpr unsigned usual[] = {1, 16, 64};
constexpr unsigned crowd[] = {256};

constexpr Workload table[] = {
    {"exec-static", "a static program per connection", "expect", "ok_static", usual},
    {"exec-dynamic", "a dynamic program per connection", "expect", "ok_dynamic", usual},
    {"exec-script", "a script per connection", "expect", "ok_script", usual},
    {"echo", "builtin echo, a connection per line", "echo", "", usual},
    {"keepalive", "builtin echo, persistent connections", "keepalive", "", usual},
    {"burst", "builtin echo, clients that all come at once and stay", "hold", "", crowd},
};

}  // namespace

std::span<const Workload> workloads() {
    return table;
}

}  // namespace minetd::bench
