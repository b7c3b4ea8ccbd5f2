// SPDX-License-Identifier: ISC
// Records: one line for each start, end and refusal, in xinetd's words or as JSON, and a summary
// instead of a million equal refusals.
#include <doctest/doctest.h>

#include <csignal>
#include <cstdio>
#include <regex>
#include <sstream>
#include <string>

#include "tests/integration/client.h"
#include "tests/integration/daemon_under_test.h"

using namespace minetd;

TEST_SUITE_BEGIN("records");

TEST_CASE("a session's lines are xinetd's") {
    for (const char* serve : {"nowait", "prefork"}) {
        CAPTURE(std::string(serve));
        DaemonUnderTest daemon(
            std::string("{line} stream tcp4 ") + serve +
            " {user} {probe} probe exit 3\n"
            "[{line}]\nid = line\nlog_on_success = PID HOST EXIT DURATION USAGE\n");
        CHECK(Client(daemon.port("line")).ask("") == "");
        const std::string start = daemon.await_output("START: line");
        const std::string end = daemon.await_output("EXIT: line");
        CAPTURE(start);
        CAPTURE(end);
        std::smatch started, ended;
        CHECK(std::regex_search(start, started,
                                std::regex("START: line pid=(\\d+) from=127\\.0\\.0\\.1")));
        CHECK(std::regex_search(end, ended,
                                std::regex(R"(EXIT: line status=3 pid=(\d+) duration=\d+\(sec\))"
                                           R"( cpu=\d+\.\d+\(sec\) maxrss=\d+\(kB\))")));
        CHECK(started[1] == ended[1]);
    }
}

TEST_CASE("by default refusals are recorded, and sessions as the section says") {
    DaemonUnderTest daemon(
        "{none} stream tcp4 nowait {user} {probe} probe answer\n"
        "[{none}]\nid = none\ninstances = 1\n");
    Client first(daemon.port("none"));
    CHECK(Client(daemon.port("none")).rest() == "");
    daemon.await_output("FAIL: none service_limit from=127.0.0.1");
    CHECK(first.ask("x\n") == "x\n");
    CHECK(daemon.lines_with("START: none") == 0);
}

TEST_CASE("json: one object in a line, with the same facts") {
    DaemonUnderTest daemon(R"(
{line} stream tcp4 nowait/1 {user} {probe} probe exit 3
[defaults]
log_format = json
[{line}]
id = 'a"quote'
log_type = file:{dir}/records
log_on_success = PID HOST EXIT DURATION
)");
    CHECK(Client(daemon.port("line")).ask("") == "");
    CHECK(daemon.stop() == 0);
    const std::string records = read_file(daemon.file("records"));
    CAPTURE(records);
    const std::regex object(R"(^\{("[a-z_]+":("([^"\\]|\\.)*"|-?[0-9.]+|true|false|null),?)+\}$)");
    std::istringstream lines(records);
    int count = 0;
    for (std::string line; std::getline(lines, line); ++count) {
        CAPTURE(line);
        CHECK(std::regex_match(line, object));
        CHECK(line.find(R"("service":"a\"quote")") != std::string::npos);
    }
    CHECK(count == 2);
    CHECK(records.find("\"status\":3") != std::string::npos);
    CHECK(records.find("127.0.0.1") != std::string::npos);
}

TEST_CASE("a log file keeps to its limits until the logs are reopened") {
    // Two services, one file.
    const std::string configuration = R"(
{one} stream tcp4 nowait {user} {probe} probe exit 0
{two} stream tcp4 nowait {user} {probe} probe exit 0
[defaults]
log_format = json
log_on_success = DURATION
[{one}]
id = same
log_type = file:{dir}/records 150 400
[{two}]
id = same
log_type = file:{dir}/records 500 500
)";
    DaemonUnderTest daemon(configuration);
    const auto session = [&](const char* port) { CHECK(Client(daemon.port(port)).ask("") == ""); };
    for (int i = 0; i < 4; ++i) session(i % 2 == 0 ? "one" : "two");
    daemon.await_output("alert: " + daemon.file("records") + " is at its soft limit of 150 bytes");
    for (int i = 0; i < 20; ++i) session(i % 2 == 0 ? "one" : "two");
    daemon.await_output("alert: " + daemon.file("records") + " is at its hard limit of 400 bytes");
    const std::string full = read_file(daemon.file("records"));
    // Whole lines, and no room for one more.
    const auto is_full = [](const std::string& text) {
        return text.ends_with("\n") && text.size() <= 400 && text.size() > 300;
    };
    CHECK(is_full(full));
    daemon.await_lines("soft limit", 1);
    CHECK(daemon.lines_with("soft limit") == 1);
    daemon.await_lines("hard limit", 1);
    CHECK(daemon.lines_with("hard limit") == 1);

    REQUIRE(std::rename(daemon.file("records").c_str(), daemon.file("records.1").c_str()) == 0);
    daemon.signal(SIGUSR1);
    daemon.await_output("logs reopened");
    for (int i = 0; i < 20; ++i) session("two");
    daemon.await_lines("hard limit of 400 bytes", 2);
    CHECK(is_full(read_file(daemon.file("records"))));
    CHECK(read_file(daemon.file("records.1")) == full);

    // A reload reopens too.
    REQUIRE(std::remove(daemon.file("records").c_str()) == 0);
    daemon.reload(configuration);
    for (int i = 0; i < 20; ++i) session("one");
    daemon.await_lines("hard limit of 400 bytes", 3);
    CHECK(is_full(read_file(daemon.file("records"))));
}

TEST_CASE("a flood of equal refusals is summarised") {
    DaemonUnderTest daemon(
        "{busy} stream tcp4 nowait {user} {probe} probe answer\n"
        "[{busy}]\nid = busy\ninstances = 1\n");
    Client first(daemon.port("busy"));
    for (int i = 0; i < 2'000; ++i) CHECK(Client(daemon.port("busy")).rest() == "");
    CHECK(first.ask("x\n") == "x\n");
    CHECK(daemon.stop() == 0);
    // A summary stands for as many as it says, any other line for one.
    const std::regex line("FAIL: busy service_limit from=127\\.0\\.0\\.1( repeated=([0-9]+))?");
    const std::string output = daemon.output();
    long lines = 0, refusals = 0;
    for (std::sregex_iterator at(output.begin(), output.end(), line), end; at != end; ++at) {
        ++lines;
        refusals += (*at)[2].matched ? std::stol((*at)[2]) : 1;
    }
    CHECK(refusals == 2'000);
    CHECK(lines < 100);
}

TEST_SUITE_END();
