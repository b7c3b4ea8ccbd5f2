// SPDX-License-Identifier: ISC

#include "tests/bench/cpu_account.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ctime>
#include <stdexcept>
#include <string_view>

namespace minetd::bench {

namespace {

double own_cpu_seconds() {
    timespec used{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

void burn(double seconds) {
    while (own_cpu_seconds() < seconds) continue;
}

}  // namespace

TEST_SUITE("bench") {
    TEST_CASE("an account has the server's time and its children's, and nobody else's") {
        for (const std::string_view source : {"cpuacct", "cgroup2", "proc"}) {
            CAPTURE(source);
            const auto account = make_account("test", source);
            if (account == nullptr) {
                MESSAGE("this machine has no such account: " << source);
                CHECK(source != "proc");
                continue;
            }
            const pid_t server = fork();
            REQUIRE(server >= 0);
            if (server == 0) {
                account->enter();
                const pid_t child = fork();
                if (child == 0) {
                    burn(0.1);
                    _exit(0);
                }
                waitpid(child, nullptr, 0);
                burn(0.1);
                _exit(0);
            }
            account->follow(server);
            burn(own_cpu_seconds() + 0.05);
            siginfo_t info;  // it stays a zombie, whose times can still be read
            REQUIRE(waitid(P_PID, static_cast<id_t>(server), &info, WEXITED | WNOWAIT | WNOWAIT) ==
                    0);
            const auto again = open_account(account->reference());
            CHECK(again->seconds() == doctest::Approx(0.2).epsilon(0.2));
            waitpid(server, nullptr, 0);
        }
    }

    TEST_CASE("a reference that is none is refused") {
        for (const std::string_view reference : {"", "proc", "proc:", "cpu:/sys"}) {
            CAPTURE(reference);
            CHECK_THROWS_AS(open_account(reference), std::invalid_argument);
        }
    }
}

}  // namespace minetd::bench
