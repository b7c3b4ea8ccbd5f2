// SPDX-License-Identifier: ISC
// Every limit does the work it is the limit of.

#include "tests/bench/limit.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/bench/client_load.h"
#include "tests/bench/forked_server.h"

namespace minetd::bench {

TEST_SUITE("bench") {
    TEST_CASE("every way to start a program starts it for every connection") {
        const struct {
            const char* name;
            void (*serve)(int, char**);
        } rows[] = {
            {"vm_prefork_exec", serve_vm_prefork_exec},
            {"vm", serve_vm},
            {"vm_x2", serve_vm_x2},
            {"vfork", serve_vfork},
            {"fork", serve_fork},
        };
        for (const auto& row : rows) {
            CAPTURE(row.name);
            const ForkedServer server([&](int listener) {
                char path[] = MINETD_OK_STATIC;
                char* program[] = {path, nullptr};
                row.serve(listener, program);
            });
            Load load;
            load.server = server.address();
            load.clients = 16;
            load.warm_up = 0;
            load.measured = 30;  // a deadline, not a duration
            load.enough = 300;
            const Outcome outcome = drive(load, nullptr);
            CHECK(outcome.errors == 0);
            CHECK(outcome.first_error == "");
            CHECK(outcome.latency.count() >= 300);
        }
    }

    TEST_CASE("every echo echoes, for as many clients at once as it is asked to serve") {
        const struct {
            const char* name;
            void (*serve)(int, char**);
            const char* servers;
            unsigned clients;
        } rows[] = {
            {"epoll_1", serve_echo_epoll_1, nullptr, 200},
            {"epoll_2", serve_echo_epoll_2, nullptr, 200},
            {"threads", serve_echo_threads, nullptr, 64},
            {"threads", serve_echo_threads, "200", 200},
            {"procs", serve_echo_procs, nullptr, 64},
            {"procs", serve_echo_procs, "100", 100},
        };
        for (const auto& row : rows) {
            for (const Exchange exchange : {Exchange::echo, Exchange::hold}) {
                CAPTURE(row.name);
                const ForkedServer server([&](int listener) {
                    std::string servers = row.servers == nullptr ? "" : row.servers;
                    char* arguments[] = {servers.data(), nullptr};
                    row.serve(listener, row.servers == nullptr ? nullptr : arguments);
                });
                Load load;
                load.server = server.address();
                load.exchange = exchange;
                load.clients = row.clients;
                load.warm_up = 0;
                load.measured = 30;  // a deadline, not a duration
                load.enough = 300;
                const Outcome outcome = drive(load, nullptr);
                CHECK(outcome.errors == 0);
                CHECK(outcome.latency.count() >= (exchange == Exchange::hold ? row.clients : 300));
            }
        }
    }
}

}  // namespace minetd::bench
