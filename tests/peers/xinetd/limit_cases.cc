// SPDX-License-Identifier: ISC
// How many may come: instances, per_source, cps, max_load, -limit.
#include "tests/peers/xinetd/case.h"

namespace minetd {
namespace {

const Case cases[] = {
    {"instances", "instances = 2\nserver_args = hold {dir}/gauge", "hold 4",
     "2 of 4, others closed"},
    {"instances, and after one has gone", "instances = 1\nserver_args = hold {dir}/gauge",
     "open; line; b:open; b:rest; close; until held\\n", "held\n; closed; then held\n"},
    {"instances = 0", "instances = 0", "open; rest", "closed"},
    {"instances = UNLIMITED", "instances = UNLIMITED\nserver_args = hold {dir}/gauge", "hold 8",
     "8 of 8"},
    {"instances, recorded", "instances = 1\nserver_args = hold {dir}/gauge\nlog_on_failure = HOST",
     "hold 2; records 1", "1 of 2, others closed; FAIL: ID service_limit from=::ffff:127.0.0.1"},
    with_defaults("instances = 3", {"instances of the defaults", "server_args = hold {dir}/gauge",
                                    "hold 4", "3 of 4, others closed"}),
    with_defaults("instances = 3",
                  {"instances over the defaults", "instances = 1\nserver_args = hold {dir}/gauge",
                   "hold 4", "1 of 4, others closed"}),
    {"per_source", "per_source = 2\nserver_args = hold {dir}/gauge",
     "from 10.1.2.3; hold 3; from 10.1.2.4; hold 3",
     "2 of 3, others closed; 2 of 3, others closed"},
    {"per_source, recorded",
     "per_source = 1\nserver_args = hold {dir}/gauge\nlog_on_failure = HOST",
     "from 10.1.2.3; hold 2; records 1",
     "1 of 2, others closed; FAIL: ID per_source_limit from=::ffff:10.1.2.3"},
    {"per_source = 0", "per_source = 0", "open; rest", "closed"},
    {"per_source = UNLIMITED", "per_source = UNLIMITED\nserver_args = hold {dir}/gauge", "hold 8",
     "8 of 8"},
    {"per_source, two IPv6 addresses of one /64", "per_source = 1\nserver_args = hold {dir}/gauge",
     "to ::1; from 2001:db8::7; hold 1; from 2001:db8::8; hold 1", "1 of 1; 1 of 1"},
    with_defaults("per_source = 2", {"per_source of the defaults", "server_args = hold {dir}/gauge",
                                     "hold 4", "2 of 4, others closed"}),
    {"instances before per_source",
     "instances = 1\nper_source = 1\n"
     "server_args = hold {dir}/gauge\nlog_on_failure = HOST",
     "hold 2; records 1", "1 of 2, others closed; FAIL: ID service_limit from=::ffff:127.0.0.1"},
    {"instances, banner_fail",
     "instances = 1\nserver_args = hold {dir}/gauge\nbanner_fail = {dir}/sorry", "hold 2",
     "1 of 2, others sorry\n"},
    {"cps, within", "cps = 50 10\nserver_args = answer", "each 6", "6 of 6"},
    {"cps = 0", "cps = 0 10\nserver_args = answer", "each 6", "6 of 6"},
    {"cps, beyond", "cps = 2 1\nserver_args = answer", "each 6; until x\\n",
     "2 of 6, then closed, then refused; then x\n", "2 of 6, then closed; then x\n",
     "6, 11: the listener is never closed"},
    {"cps, beyond, recorded", "cps = 1 30\nserver_args = answer\nlog_on_failure = HOST",
     "each 3; records 1",
     "1 of 3, then closed, then refused; FAIL: ID connections per second from=::ffff:127.0.0.1",
     "1 of 3, then closed; FAIL: ID connections per second from=::ffff:127.0.0.1; FAIL: ID "
     "connections per second from=::ffff:127.0.0.1",
     "6, 11: the listener is never closed, each refusal is recorded"},
    {"limits beyond a million",
     "instances = 2000000\nper_source = 2000000\ncps = 2000000 2000000\nmax_load = 2000000\n"
     "server_args = answer",
     "each 1", "1 of 1"},
    {"cps, one value", "cps = 2\nserver_args = answer", "each 6", "6 of 6"},
    {"rate of minetd's own", "rate = 2/d\nserver_args = answer", "each 6", "6 of 6",
     "2 of 6, then closed", "9, 11: what only minetd has, it has here too"},
    {"max_load that is never reached", "max_load = 10000\nserver_args = answer", "each 1",
     "1 of 1"},
    {"max_load that is always exceeded", "max_load = 0.000001\nserver_args = answer", "each 1",
     "0 of 1, then closed"},
    {"max_load = 0", "max_load = 0", "open; rest", "refused; refused"},
    {"max_load that is no number", "max_load = high", "open; rest", "refused; refused"},
    with_options("-limit 2", {"-limit", "server_args = hold {dir}/gauge", "idle; hold 3",
                              "2 of 3, others closed"}),
    with_options("-limit 1",
                 {"-limit, recorded", "server_args = hold {dir}/gauge\nlog_on_failure = HOST",
                  "idle; hold 2; records 1",
                  "1 of 2, others closed; FAIL: ID process_limit from=::ffff:127.0.0.1"}),
};

}  // namespace

std::span<const Case> limit_cases() {
    return cases;
}

}  // namespace minetd
