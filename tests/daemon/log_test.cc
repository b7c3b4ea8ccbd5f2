// SPDX-License-Identifier: ISC
#include "daemon/log.h"

#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "daemon/os/socket.h"

using namespace minetd;

namespace {

constexpr unsigned everything = log_pid | log_host | log_exit | log_duration | log_usage;

ServiceSpec service(unsigned success, unsigned failure = log_host,
                    LogFormat format = LogFormat::text) {
    ServiceSpec spec;
    spec.id = "echo";
    spec.log_on_success = success;
    spec.log_on_failure = failure;
    spec.log_format = format;
    return spec;
}

SocketAddress peer() {
    return resolve("192.0.2.1", 4711, AF_INET).front();
}

Record ended(int status) {
    Record record;
    record.kind = Record::Kind::exit;
    record.pid = 42;
    record.status = status;
    record.peer = peer();
    record.duration_us = 2'500'000;
    record.has_usage = true;
    record.cpu_us = 12'345;
    record.max_rss_kb = 2048;
    return record;
}

Record failed(std::uint64_t repeated = 0) {
    Record record = fail_record("service_limit", peer());
    record.repeated = repeated;
    return record;
}

}  // namespace

TEST_SUITE("daemon") {
    TEST_CASE("records are worded as xinetd words them, or are JSON") {
        const struct {
            ServiceSpec spec;
            Record record;
            const char* text;
        } rows[] = {
            {service(log_pid | log_host), start_record(42, peer()),
             "START: echo pid=42 from=192.0.2.1"},
            {service(log_host), start_record(42, peer()), "START: echo from=192.0.2.1"},
            {service(log_pid), start_record(42, SocketAddress{}), "START: echo pid=42"},
            {service(log_pid | log_exit | log_duration), ended(3 << 8),
             "EXIT: echo status=3 pid=42 duration=2(sec)"},
            {service(log_pid | log_exit), ended(9), "EXIT: echo signal=9 pid=42"},
            {service(log_duration), ended(0), "EXIT: echo duration=2(sec)"},
            {service(everything), ended(0),
             "EXIT: echo status=0 pid=42 duration=2(sec) cpu=0.012(sec) maxrss=2048(kB)"},
            {service(everything | log_traffic), traffic_record({7, 5'000'000'000}, peer(), 42),
             "TRAFFIC: echo in=7(bytes) out=5000000000(bytes)"},
            {service(0), failed(), "FAIL: echo service_limit from=192.0.2.1"},
            {service(0, log_pid), failed(), "FAIL: echo service_limit"},
            {service(0), failed(17), "FAIL: echo service_limit from=192.0.2.1 repeated=17"},
            {service(0), fail_record("two\nlines", peer()),
             "FAIL: echo two\\x0alines from=192.0.2.1"},
            {service(log_userid), ident_record(Record::Kind::userid, "UNIX : joe\x01", peer()),
             "USERID: echo UNIX : joe\\x01"},
            {service(log_userid), ident_record(Record::Kind::noid, "no server", peer()),
             "NOID: echo 192.0.2.1 no server"},
            {service(log_userid, 0, LogFormat::json),
             ident_record(Record::Kind::userid, "UNIX : joe", peer()),
             R"({"event":"userid","service":"echo","user":"UNIX : joe","from":"192.0.2.1","port":4711})"},
            {service(log_userid, 0, LogFormat::json),
             ident_record(Record::Kind::noid, "timeout", peer()),
             R"({"event":"noid","service":"echo","reason":"timeout","from":"192.0.2.1","port":4711})"},
            {service(log_pid | log_host, log_host, LogFormat::json), start_record(42, peer()),
             R"({"event":"start","service":"echo","pid":42,"from":"192.0.2.1","port":4711})"},
            {service(everything, log_host, LogFormat::json), ended(0),
             R"({"event":"exit","service":"echo","status":0,"pid":42,"duration":2.500000,"cpu":0.012345,"maxrss_kb":2048})"},
            {service(log_traffic, log_host, LogFormat::json), traffic_record({7, 0}, peer(), 42),
             R"({"event":"traffic","service":"echo","in":7,"out":0})"},
            {service(0, log_host, LogFormat::json), fail_record("say \"no\"", peer()),
             R"({"event":"fail","service":"echo","reason":"say \"no\"","from":"192.0.2.1","port":4711})"},
        };
        for (const auto& row : rows) {
            std::string text = format_record(row.spec, row.record);
            if (row.spec.log_format == LogFormat::json) {
                // {"time":"2026-11-21T23:30:16.123456+0000",
                const std::string head = R"({"time":")";
                REQUIRE(text.starts_with(head));
                CHECK(text.substr(head.size() + 10, 1) == "T");
                text = '{' + text.substr(text.find("\",") + 2);
            }
            CHECK(text == row.text);
        }
        // In a file: 26/11/21@23:30:16: START: ...
        const std::string stamped =
            format_record(service(log_pid), start_record(42, SocketAddress{}), true);
        CHECK(stamped.find(": START: echo pid=42") >= std::string("0/1/1@00:00:00").size());
        CHECK(stamped.find('@') != std::string::npos);
    }

    TEST_CASE("which records a service wants") {
        CHECK_FALSE(wants_record(service(0, 0), Record::Kind::start));
        CHECK_FALSE(wants_record(service(0, 0), Record::Kind::fail));
        CHECK(wants_record(service(log_pid), Record::Kind::start));
        CHECK_FALSE(wants_record(service(log_pid), Record::Kind::exit));
        CHECK(wants_record(service(log_duration), Record::Kind::exit));
        CHECK_FALSE(wants_record(service(log_exit), Record::Kind::traffic));
        CHECK(wants_record(service(log_traffic), Record::Kind::traffic));
        CHECK(wants_record(service(0), Record::Kind::fail));
        CHECK_FALSE(wants_record(service(log_pid), Record::Kind::userid));
        CHECK(wants_record(service(log_userid, 0), Record::Kind::userid));
        CHECK(wants_record(service(0, log_userid), Record::Kind::noid));
    }

    TEST_CASE("a log file that was moved away is written anew after reopening") {
        char directory[] = "/tmp/minetd-log-XXXXXX";
        REQUIRE(::mkdtemp(directory) != nullptr);
        const std::string path = std::string(directory) + "/log", moved = path + ".1";
        LogTarget target;
        target.kind = LogTarget::Kind::file;
        target.path = path;
        const auto contents = [](const std::string& file) {
            std::ostringstream text;
            text << std::ifstream(file).rdbuf();
            return text.str();
        };
        {
            Log log(target);
            log.message(Level::warning, "first");
            log.record(service(log_pid), start_record(7, peer()));
            REQUIRE(std::rename(path.c_str(), moved.c_str()) == 0);
            log.message(Level::notice, "second");
            log.reopen();
            log.message(Level::notice, "third");
            log.message(Level::notice, "a server's own\nSTART: forged");
        }
        CHECK(contents(moved).find("warning: first\n") != std::string::npos);
        CHECK(contents(moved).find("START: echo pid=7\n") != std::string::npos);
        CHECK(contents(moved).find("second\n") != std::string::npos);
        CHECK(contents(path).find("third\n") != std::string::npos);
        CHECK(contents(path).find("second") == std::string::npos);
        CHECK(contents(path).find("own\\x0aSTART: forged\n") != std::string::npos);
        target.path = "/nonexistent/directory/log";
        CHECK_THROWS(Log{target});
        for (const std::string& file : {path, moved}) ::unlink(file.c_str());
        ::rmdir(directory);
    }

    TEST_CASE("a file that several services name has one handle, and the smallest limits") {
        char directory[] = "/tmp/minetd-log-XXXXXX";
        REQUIRE(::mkdtemp(directory) != nullptr);
        const std::string own = std::string(directory) + "/own",
                          shared = std::string(directory) + "/shared";
        const auto contents = [](const std::string& file) {
            std::ostringstream text;
            text << std::ifstream(file).rdbuf();
            return text.str();
        };
        const auto named = [&](std::uint64_t soft, std::uint64_t hard) {
            auto spec = std::make_shared<ServiceSpec>(service(log_pid));
            spec->log_format = LogFormat::json;
            spec->log_type.kind = LogTarget::Kind::file;
            spec->log_type.path = shared;
            spec->log_type.soft = soft;
            spec->log_type.hard = hard;
            return spec;
        };
        LogTarget target;
        target.kind = LogTarget::Kind::file;
        target.path = own;
        {
            // A record is one line of less than 100 bytes.
            const auto a = named(0, 0), b = named(150, 400), c = named(1000, 1000);
            Log log(target);
            for (const auto& spec : {a, b, c}) log.prepare(*spec);
            log.limit_files({a, b, c});
            for (int i = 0; i < 20; ++i)
                for (const auto& spec : {a, b, c}) log.record(*spec, start_record(7, peer()));
            const std::size_t line = contents(shared).find('\n') + 1;
            CHECK(contents(shared).size() == 400 / line * line);
            // Without the strict one, when reopened.
            log.limit_files({a, c});
            log.reopen();
            for (int i = 0; i < 20; ++i) log.record(*a, start_record(7, peer()));
            CHECK(contents(shared).size() == 1000 / line * line);
        }
        const std::string said = contents(own);
        CHECK(said.find("alert: " + shared + " is at its soft limit of 150 bytes") !=
              std::string::npos);
        CHECK(said.find("alert: " + shared + " is at its hard limit of 400 bytes") !=
              std::string::npos);
        CHECK(said.find("alert: " + shared + " is at its hard limit of 1000 bytes") !=
              std::string::npos);
        for (const std::string& file : {own, shared}) ::unlink(file.c_str());
        ::rmdir(directory);
    }

    TEST_CASE("fields for the journal follow what is asked for, and name the kind for ever") {
        const auto said = [](const ServiceSpec& spec, const Record& record) {
            std::string text;
            for (const auto& [name, value] : journal_fields(spec, record))
                if (name != std::string_view("MESSAGE_ID")) text += name + ('=' + value) + ' ';
            return text;
        };
        const std::string of = "MINETD_SERVICE=echo MINETD_EVENT=";
        const struct {
            ServiceSpec spec;
            Record record;
            std::string text;
        } rows[] = {
            {service(everything), start_record(42, peer()),
             of + "start REMOTE_ADDR=192.0.2.1 REMOTE_PORT=4711 MINETD_PID=42 "},
            {service(0), start_record(42, peer()), of + "start "},
            {service(everything), ended(3 << 8),
             of + "exit REMOTE_ADDR=192.0.2.1 REMOTE_PORT=4711 MINETD_PID=42 EXIT_STATUS=3 "
                  "DURATION_USEC=2500000 CPU_USEC=12345 MAXRSS_KB=2048 "},
            {service(everything & ~log_host), ended(9),
             of + "exit MINETD_PID=42 EXIT_SIGNAL=9 DURATION_USEC=2500000 CPU_USEC=12345 "
                  "MAXRSS_KB=2048 "},
            {service(log_exit), ended(0), of + "exit EXIT_STATUS=0 "},
            {service(0), failed(7),
             of + "fail REMOTE_ADDR=192.0.2.1 REMOTE_PORT=4711 MINETD_REASON=service_limit "
                  "MINETD_REPEATED=7 "},
            {service(0, 0), failed(), of + "fail MINETD_REASON=service_limit "},
            {service(0), ident_record(Record::Kind::userid, "UNIX : joe", peer()),
             of + "userid REMOTE_ADDR=192.0.2.1 REMOTE_PORT=4711 REMOTE_USER=UNIX : joe "},
            {service(log_traffic), traffic_record({.received = 5, .sent = 6}, peer(), 42),
             of + "traffic BYTES_RECEIVED=5 BYTES_SENT=6 "},
        };
        std::set<std::string> ids;
        for (const auto& row : rows) {
            CAPTURE(row.text);
            CHECK(said(row.spec, row.record) == row.text);
            const JournalField first = journal_fields(row.spec, row.record).front();
            CHECK(first.first == std::string_view("MESSAGE_ID"));
            CHECK(first.second.size() == 32);
            ids.insert(first.second);
        }
        CHECK(ids.size() == 5);
        CHECK(journal_fields(service(0), start_record(1, {})).front().second ==
              "a648bb2355454046bfcdee94b4874ee1");
    }
}
