// SPDX-License-Identifier: ISC
// Records: one line for each start, end and refusal, in xinetd's words or as JSON, and a summary
// instead of a million equal refusals.
#include <doctest/doctest.h>

#include <regex>
#include <sstream>
#include <string>

#include "tests/integration/client.h"
#include "tests/integration/daemon_under_test.h"

using namespace minetd;

TEST_SUITE_BEGIN("records");

TEST_CASE("a session's lines are xinetd's") {
    for (const char* serve : {"nowait", "prefork"}) {
        CAPTURE(serve);
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
        CHECK(std::regex_search(
            end, ended,
            std::regex("EXIT: line status=3 pid=(\\d+) duration=\\d+\\(sec\\).*cpu=.*memory=")));
        CHECK(started[1] == ended[1]);
    }
}

TEST_CASE("by default refusals are recorded, and sessions as the section says") {
    DaemonUnderTest daemon(
        "{none} stream tcp4 nowait/1 {user} {probe} probe answer\n"
        "[{none}]\nid = none\n");
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
id = a"quote
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

TEST_CASE("a flood of equal refusals is summarised") {
    DaemonUnderTest daemon(
        "{busy} stream tcp4 nowait/1 {user} {probe} probe answer\n"
        "[{busy}]\nid = busy\n");
    Client first(daemon.port("busy"));
    for (int i = 0; i < 2'000; ++i) CHECK(Client(daemon.port("busy")).rest() == "");
    CHECK(first.ask("x\n") == "x\n");
    CHECK(daemon.stop() == 0);
    const int written = daemon.lines_with("FAIL: busy");
    CHECK(written >= 1);
    CHECK(written <= 200);
    // The ones that were left out are counted somewhere, to the last one.
    const std::regex summary("([0-9]+) (more|times|similar)");
    const std::string output = daemon.output();
    long counted = 0;
    for (std::sregex_iterator at(output.begin(), output.end(), summary), end; at != end; ++at)
        counted += std::stol((*at)[1]);
    CHECK(counted + written >= 2'000);
}

TEST_SUITE_END();
