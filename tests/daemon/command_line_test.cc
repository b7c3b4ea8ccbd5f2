// SPDX-License-Identifier: ISC
#include "daemon/command_line.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "daemon/os/systemd.h"

using namespace minetd;

namespace {

CommandLine parse(std::vector<std::string> words, const char* called = "minetd") {
    words.insert(words.begin(), called);
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    return parse_command_line(static_cast<int>(argv.size()), argv.data());
}

}  // namespace

TEST_SUITE("daemon") {
    TEST_CASE("the file is named by --config, behind --check and --dump, or alone") {
        using Action = CommandLine::Action;
        const struct {
            std::vector<std::string> words;
            Action action;
            const char* config;
            Dialect dialect;
        } rows[] = {
            {{"-f", "/x"}, Action::serve, "/x", Dialect::automatic},
            {{"--config=/x", "--check"}, Action::check, "/x", Dialect::automatic},
            {{"--check", "/x"}, Action::check, "/x", Dialect::automatic},
            {{"--dump", "/x", "--dialect", "inetd-bsd"}, Action::dump, "/x", Dialect::inetd_bsd},
            {{"--dump", "--dialect", "inetd-gnu", "/x"}, Action::dump, "/x", Dialect::inetd_gnu},
            {{"/x"}, Action::serve, "/x", Dialect::automatic},
            {{"--systemd-units", "/d", "/x"}, Action::units, "/x", Dialect::automatic},
            {{"--attributes"}, Action::attributes, nullptr, Dialect::automatic},
            {{"--reload", "77"}, Action::reload, nullptr, Dialect::automatic},
            {{"--upgrade", "77"}, Action::upgrade, nullptr, Dialect::automatic},
            {{"--foreground", "--check-handover=9"},
             Action::check_handover,
             nullptr,
             Dialect::automatic},
        };
        for (const auto& row : rows) {
            CAPTURE(row.words.front());
            const CommandLine line = parse(row.words);
            CHECK(line.action == row.action);
            CHECK(line.dialect == row.dialect);
            if (row.config != nullptr) CHECK(line.config == row.config);
        }
        const std::vector<std::string> both = {"/x", "/y"};
        CHECK(parse({"--check", "/x", "/y"}).files == both);
        CHECK(parse({"--check", "--dialect", "xinetd", "/x", "/y"}).files == both);
        CHECK(parse({"--check", "/x", "--dialect", "xinetd", "/y"}).files == both);
        CHECK(parse({"-f", "/x", "--check", "/y"}).files == both);
        CHECK(parse({"-f", "/x", "--check"}).files == std::vector<std::string>{"/x"});
        CHECK(parse({"--explain", "cps"}).attribute == "cps");
        CHECK(parse({"--systemd-units", "/d"}).units == "/d");
        CHECK_FALSE(parse({"--systemd-units", "/d"}).force);
        CHECK(parse({"--systemd-units", "/d", "--force"}).force);
        CHECK(parse({"--upgrade", "77"}).pid == 77);
        CHECK(parse({"--check-handover=9"}).handover == 9);
        CHECK(parse({"--log", "file:/x"}).log->path == "/x");
        CHECK(parse({"--strict", "--foreground"}).strict);
        if (!systemd::can_notify()) {
            MESSAGE("SKIPPED: --supervise: built without libsystemd, it is refused");
            return;
        }
        CHECK(parse({"--supervise"}).supervise);
        CHECK_FALSE(parse({"--supervise"}).foreground);
        CHECK(parse({"--supervise"}).watchdog == 30);
        CHECK(parse({"--watchdog=0", "--supervise"}).watchdog == 0);
    }

    TEST_CASE("the lines with which init scripts and units start xinetd start minetd") {
        const struct {
            std::vector<std::string> words;
            const char *config, *pid_file, *log, *inetd_conf;
            int process_limit;
            bool foreground;
        } rows[] = {
            {{"-stayalive", "-pidfile", "/run/x.pid"},
             "/etc/xinetd.conf",
             "/run/x.pid",
             nullptr,
             "",
             -1,
             false},
            {{"-pidfile", "/run/x.pid", "-stayalive", "-inetd_compat"},
             "/etc/xinetd.conf",
             "/run/x.pid",
             nullptr,
             "/etc/inetd.conf",
             -1,
             false},
            {{"-stayalive", "-dontfork"}, "/etc/xinetd.conf", nullptr, nullptr, "", -1, true},
            {{"-f", "/x", "-dontfork", "-limit", "12"}, "/x", nullptr, nullptr, "", 12, true},
            {{"-f", "/x", "-syslog", "local3"}, "/x", nullptr, "local3", "", -1, false},
            {{"-d", "-filelog", "/var/log/x", "/x"}, "/x", nullptr, "/var/log/x", "", -1, true},
            {{"--foreground"}, MINETD_SYSCONFDIR "/minetd.conf", nullptr, nullptr, "", -1, true},
            {{"/x", "--inetd-compat", "/y"}, "/x", nullptr, nullptr, "/y", -1, false},
        };
        for (const auto& row : rows) {
            CAPTURE(row.words.front());
            const CommandLine line = parse(row.words);
            CHECK(line.config == row.config);
            CHECK(line.pid_file.value_or("") == (row.pid_file ? row.pid_file : ""));
            CHECK(line.log.has_value() == (row.log != nullptr));
            if (row.log && line.log)
                CHECK((line.log->path.empty() ? line.log->facility : line.log->path) == row.log);
            CHECK(line.inetd_conf == row.inetd_conf);
            CHECK(static_cast<int>(line.process_limit.value_or(-1)) == row.process_limit);
            CHECK(line.foreground == row.foreground);
        }
    }

    TEST_CASE("called by the name of xinetd it reads xinetd's file") {
        CHECK(parse({}, "/usr/sbin/xinetd").config == "/etc/xinetd.conf");
        CHECK(parse({"-f", "/x"}, "xinetd").config == "/x");
        CHECK(parse({}, "/usr/sbin/minetd").config == MINETD_SYSCONFDIR "/minetd.conf");
    }
}
