// SPDX-License-Identifier: ISC
// Resident programs, users of addresses, and directives that mean nothing here.
#include <doctest/doctest.h>

#include "daemon/config/foreign_directives.h"
#include "tests/config/reading.h"

using namespace minetd;
using namespace minetd::testing;

TEST_SUITE("config") {
    TEST_CASE("accept = yes keeps programs in prefork") {
        struct {
            std::string fields, complaint;
        } const cases[] = {
            {"stream tcp prefork nobody /bin/cat", ""},
            {"stream tcp prefork nobody internal echo", "only a program can be resident"},
            {"stream tcp nowait nobody /bin/cat", "nowait keeps no resident programs"},
            {"stream tcp wait nobody /bin/cat", "wait keeps no resident programs"},
            {"stream tcp worker nobody /bin/cat", "worker keeps no resident programs"},
        };
        for (const auto& [fields, complaint] : cases) {
            const Reading reading = read("7000 " + fields + "\n[7000]\naccept = yes\n");
            CAPTURE(reading.said());
            CHECK(reading.diagnostics.failed() == !complaint.empty());
            CHECK(reading.said().find(complaint) != std::string::npos);
            if (complaint.empty()) CHECK(reading.only()->pool.accept);
        }
    }

    TEST_CASE("limits on a resident program are said to have no effect") {
        for (const char* name : {"instances", "per_source", "service_max", "ip_max", "cps",
                                 "max_connections_per_child"}) {
            CAPTURE(std::string(name));
            const std::string line = "7000 stream tcp prefork nobody /bin/cat\n[7000]\n";
            const std::string limit =
                std::string(name) + (name == std::string("cps") ? " = 7 2\n" : " = 7\n");
            const std::string complaint =
                std::string(name) + " does not apply to what a resident program accepts";
            CHECK(read(line + limit + "accept = yes\n").said().find(complaint) !=
                  std::string::npos);
            CHECK(read(line + limit).said().find(complaint) == std::string::npos);
            CHECK(read(line + "accept = yes\n").said().empty());
        }
    }

    TEST_CASE("assign_user: addresses of the service, each one's user, never root by the way") {
        struct {
            std::string mpm, user, settings, complaint;
        } const cases[] = {
            {"perchild", "nobody", "assign_user = 127.0.0.1 alice, ::1 bob staff", ""},
            {"perchild", "nobody", "assign_user = 127.0.0.1 alice,\n  ::1 bob staff", ""},
            {"perchild", "nobody", "assign_user = 127.0.0.1 alice\nassign_user += [::1] bob staff",
             ""},
            {"perchild", "nobody", "assign_user = 127.0.0.1 alice,0:0::1 bob staff", ""},
            {"perchild", "nobody",
             "assign_user = 127.0.0.1 x, ::1 bob staff\nassign_user -= 127.0.0.1\nassign_user += "
             "127.0.0.1 alice",
             ""},
            {"worker", "nobody", "assign_user = ::1 bob", "worker serves all clients as one user"},
            {"perchild", "nobody", "assign_user = 127.0.0.2 bob",
             "does not listen on 127.0.0.2 of its own"},
            {"perchild", "nobody", "bind = *\nassign_user = ::1 bob",
             "does not listen on ::1 of its own"},
            {"perchild", "nobody", "assign_user = ::1 bob, 0::1 alice", "::1 has two users"},
            {"perchild", "nobody", "assign_user = ::1 root", "::1 would be served as root"},
            {"perchild", "nobody", "assign_user = ::1 00", "::1 would be served as root"},
            {"perchild", "root", "assign_user = ::1 root", ""},
        };
        for (const auto& one : cases) {
            CAPTURE(one.settings);
            const Reading reading =
                read("127.0.0.1,[::1]:7000 stream tcp " + one.mpm + " " + one.user +
                     " internal echo\n[7000]\n" + one.settings + "\n");
            CAPTURE(reading.said());
            CHECK(reading.diagnostics.errors() == (one.complaint.empty() ? 0 : 1));
            CHECK(reading.warnings() == 0);
            CHECK(reading.said().find(one.complaint) != std::string::npos);
            if (!one.complaint.empty() || one.user == "root") continue;
            REQUIRE(reading.only());
            auto all = reading.only()->pool.assign_user;
            if (all[0].user != "alice") std::swap(all[0], all[1]);
            CHECK(all ==
                  std::vector<UserAssignment>{{"127.0.0.1", "alice", ""}, {"::1", "bob", "staff"}});
        }
    }

    TEST_CASE("directives without a meaning here are told, and nothing else happens") {
        for (const std::string name :
             {"AcceptMutex", "Mutex", "ScoreBoardFile", "CoreDumpDirectory", "EnableExceptionHook",
              "LockFile", "Listen", "PidFile", "ChildPerUserID", "AssignUserId"}) {
            CAPTURE(name);
            const ForeignDirective* directive = find_foreign_directive(name);
            REQUIRE(directive);
            CHECK_FALSE(directive->instead.empty());
            const std::string line = "7000 stream tcp prefork nobody internal echo\n";
            for (const std::string header : {"[7000]\n", "[defaults]\n"}) {
                const Reading reading = read(line + header + name + " something 1\n");
                CAPTURE(reading.said());
                CHECK(reading.diagnostics.errors() == 0);
                CHECK(reading.warnings() == 1);
                CHECK(reading.said().find(" has no meaning here: ") != std::string::npos);
                CHECK(reading.said().find(directive->instead) != std::string::npos);
                CHECK(reading.configuration == read(line).configuration);
            }
        }
        CHECK(find_foreign_directive("pid_file") == nullptr);
        // These have one.
        const Reading reading = read(
            "7000 stream tcp prefork nobody internal echo\n[7000]\nUser daemon\nGroup adm\n"
            "GracefulShutdownTimeout 7\n");
        CHECK(reading.said() == "");
        CHECK(reading.only()->user == "daemon");
        CHECK(reading.only()->group == "adm");
        CHECK(reading.only()->pool.drain_timeout == 7);
    }
}
