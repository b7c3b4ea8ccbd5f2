// SPDX-License-Identifier: ISC
// Upgrades in place that are refused, and signals that come while one is checked: the image that
// serves goes on as if nothing had been asked for.
#include <doctest/doctest.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdlib>
#include <string>
#include <utility>

#include "tests/integration/client.h"
#include "tests/integration/process_tree.h"
#include "tests/integration/upgradable.h"

using namespace minetd;

namespace {

constexpr const char* echo = "{echo} stream tcp4 nowait {user} internal echo\n";

/// The real one, which answers when the test has made the file `go`.
std::string slow(const Upgradable& minetd) {
    return "case \"$*\" in *--check-handover*) while ! [ -e " + minetd.file("go") +
           " ]; do sleep 0.02; done;; esac\nexec $MINETD \"$@\"";
}

int run(const std::string& command) {
    const int status = std::system(command.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_SUITE_BEGIN("upgrade");

TEST_CASE("a binary that cannot take over leaves the old one serving") {
    const struct {
        const char* what;
        const char* script;  // null: see below
        const char* said;
    } rows[] = {
        {"missing", nullptr, "No such file or directory"},
        {"not executable", nullptr, "Permission denied"},
        {"no program", nullptr, "Exec format error"},
        {"crashing", "kill -SEGV $$", "was killed by signal 11"},
        {"failing", "echo what is wrong >&2; exit 71", "ended with status 71"},
        {"too old to know the question", "exec $MINETD --no-such-option", "ended with status 64"},
        {"another program", "exit 0", "it is no minetd that can"},
        {"hanging", "sleep 60", "gives no answer within 1 s"},
        {"hanging with a child", "trap '' TERM; sleep 60 & wait", "gives no answer within 1 s"},
        {"talkative without end", "exec yes", "gives no answer within 1 s"},
        {"talkative", "yes | head -c 1000000; exit 3", "ended with status 3"},
        {"exchanged while it is checked",
         "out=$($MINETD \"$@\"); ln -sf /bin/false \"${0%/*}/minetd\"; echo \"$out\"",
         "was replaced while it was being checked"},
    };
    Upgradable minetd(echo);
    bool hurried = false;
    Client held(minetd.port("echo"));
    write_file(minetd.file("plain"), "#!/bin/sh\n");
    for (const auto& row : rows) {
        CAPTURE(std::string(row.what));
        // Only who hangs has no time.
        const bool hangs = std::string_view(row.said).find("no answer") != std::string_view::npos;
        if (std::exchange(hurried, hangs) != hangs)
            minetd.daemon().reload(echo +
                                   std::string(hangs ? "[minetd]\nupgrade_timeout = 1\n" : ""));
        if (row.script != nullptr)
            minetd.install_script(row.script);
        else if (std::string_view(row.what) == "missing")
            minetd.uninstall();
        else if (std::string_view(row.what) == "not executable")
            minetd.install(minetd.file("plain"));
        else {
            minetd.install_script("");
            write_file(minetd.file("minetd"), "\x01\x02\x03");
        }
        const std::string outcome = minetd.upgrade();
        const std::string output = minetd.daemon().output();
        CAPTURE(outcome);
        CAPTURE(output);
        CHECK(outcome.find("upgrade refused: ") != outcome.npos);
        CHECK(outcome.find("goes on as before") != outcome.npos);
        CHECK((outcome.find(row.said) != outcome.npos || output.find(row.said) != output.npos));
        held.send("here\n");
        CHECK(held.line() == "here\n");
        CHECK(Client(minetd.port("echo")).ask("new\n") == "new\n");
    }
    // What failed said why.
    CHECK(minetd.daemon().lines_with("upgrade: what is wrong") == 1);
    minetd.install(from_environment("MINETD"));
    minetd.must_upgrade();
    held.send("here\n");
    CHECK(held.line() == "here\n");
}

TEST_CASE("a configuration that cannot be read is refused, one that is broken in part is not") {
    Upgradable minetd(echo + std::string("{pool} stream tcp4 event {user} internal echo\n"));
    minetd.daemon().configure("[minetd]\nno_such_attribute = 1\n");
    const std::string outcome = minetd.upgrade();
    CHECK(outcome.find("ended with status 78") != outcome.npos);
    minetd.daemon().await_output("upgrade: ");
    CHECK(minetd.daemon().output().find("no_such_attribute") != std::string::npos);
    CHECK(Client(minetd.port("echo")).ask("x\n") == "x\n");
    // As with a reload, a service with errors stays as it was.
    minetd.daemon().configure(echo + std::string("{pool} stream tcp4 event {user} internal echo\n"
                                                 "[{pool}]\nthreads_per_child = many\n"));
    minetd.must_upgrade();
    CHECK(Client(minetd.port("pool")).ask("x\n") == "x\n");
}

TEST_CASE("signals while a binary is checked") {
    Upgradable minetd(echo);
    DaemonUnderTest& daemon = minetd.daemon();
    minetd.install_script(slow(minetd));
    const std::size_t before = daemon.output().size();
    daemon.signal(SIGUSR2);
    daemon.await_output("upgrade: checking", before);
    daemon.signal(SIGUSR2);
    daemon.await_output("an upgrade is being checked already", before);
    CHECK(daemon.reload(echo + std::string("{more} stream tcp4 event {user} internal echo\n"))
              .find("1 added") != std::string::npos);
    daemon.signal(SIGUSR1);
    daemon.await_output("logs reopened", before);
    CHECK(Client(minetd.port("more")).ask("x\n") == "x\n");
    Client held(minetd.port("more"));
    held.send("here\n");
    CHECK(held.line() == "here\n");
    write_file(minetd.file("go"), "");
    CHECK(minetd.await_outcome(before).find("upgraded from") != std::string::npos);
    held.send("here\n");
    CHECK(held.line() == "here\n");
    CHECK(daemon.lines_with("upgraded from") == 1);
    CHECK(Client(minetd.port("more")).ask("x\n") == "x\n");

    std::remove(minetd.file("go").c_str());
    held.close();
    const std::size_t again = daemon.output().size();
    daemon.signal(SIGUSR2);
    daemon.await_output("upgrade: checking", again);
    CHECK(daemon.stop() == 0);
    CHECK(daemon.output().find("upgraded from", again) == std::string::npos);
}

TEST_CASE("many signals at once are one upgrade after another, or one") {
    Upgradable minetd(echo);
    for (int i = 0; i < 5; ++i) {
        minetd.daemon().signal(SIGUSR2);
        minetd.daemon().signal(SIGHUP);
    }
    minetd.daemon().await_output("upgraded from");
    CHECK(minetd.daemon().reload(echo).starts_with("reloaded: "));
    CHECK(Client(minetd.port("echo")).ask("x\n") == "x\n");
}

TEST_CASE("who asks by --upgrade hears how it went") {
    Upgradable minetd(echo);
    const std::string ask = from_environment("MINETD") + " --upgrade " +
                            std::to_string(minetd.daemon().pid()) + " 2>/dev/null";
    CHECK(run(ask) == 0);
    minetd.daemon().await_output("upgraded from");
    CHECK(minetd.daemon().lines_with("upgraded from") == 1);
    minetd.daemon().configure("[minetd]\nno_such_attribute = 1\n");
    CHECK(run(ask) == 78);
    minetd.daemon().configure(echo);
    minetd.install_script("exit 1");
    CHECK(run(ask) == 78);
    CHECK(run(from_environment("MINETD") + " --upgrade 4194300 2>/dev/null") == 69);
    CHECK(Client(minetd.port("echo")).ask("x\n") == "x\n");
}

TEST_SUITE_END();
