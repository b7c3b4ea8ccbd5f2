// SPDX-License-Identifier: ISC
// `spawn_policy = apache` beside Apache: the settings that Apache's documentation prints, pasted
// into a section and into an httpd.conf, and the same clients for both at the same time. All
// configurations run at once; each case then checks one.
#include <doctest/doctest.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/daemon_under_test.h"
#include "tests/integration/free_port.h"
#include "tests/peers/apache.h"
#include "tests/peers/peer.h"
#include "tests/peers/pool_watch.h"

using namespace minetd;

namespace {

/// The clocks of both drift apart by what a tick takes them.
constexpr double most_drift = 1;
/// Steps that lie a second apart are all seen.
constexpr double longest_gap = 0.6;
constexpr int most_attempts = 4;
constexpr unsigned all = 1000;

struct Classic {
    const char* mpm;
    const char* directives;
    unsigned workers;             ///< of one server
    std::vector<unsigned> loads;  ///< clients that stay
    unsigned last_steps;          ///< under the last load; no more are waited for
    const char* steps;            ///< how many servers there are; a new load after each `|`
};

// Loads are chosen so that the rules are met: the rate doubles and starts anew, limits clamp it,
// shrinking begins and ends.
const Classic classics[] = {
    {"prefork",
     "StartServers 8\nMinSpareServers 5\nMaxSpareServers 20\nServerLimit 256\nMaxClients 256\n"
     "MaxRequestsPerChild 4000\n",
     1,
     {0, 8, 120, 0},
     6,
     "8 | 9 11 15 | 16 18 22 30 46 78 110 142 141 140 | 139 138 137 136 135 134"},
    {"worker",
     "StartServers 4\nMaxClients 300\nMinSpareThreads 25\nMaxSpareThreads 75\n"
     "ThreadsPerChild 25\nMaxRequestsPerChild 0\n",
     25,
     {0, 60, 290, 0},
     all,
     "4 3 | 4 | 5 7 11 12 | 11 10 9 8 7 6 5 4 3"},
    {"event",
     "MinSpareThreads 64\nMaxSpareThreads 128\nThreadsPerChild 64\nThreadLimit 64\n"
     "MaxRequestsPerChild 20000\nListenBacklog 4096\n"
     // Apache takes 400 where that is not said, and makes it this.
     "MaxRequestWorkers 384\n",
     64,
     {0, 100, 350, 0},
     all,
     "3 2 | 3 | 4 6 | 5 4 3 2"},
    {"worker",
     "ServerLimit 16\nStartServers 2\nMaxClients 150\nMinSpareThreads 25\nMaxSpareThreads 75\n"
     "ThreadsPerChild 25\n",
     25,
     {0, 30, 145, 0},
     all,
     "2 | 3 | 4 6 | 5 4 3"},
    // None of the classics: without places for another generation event lets one go every other
    // second.
    {"event",
     "StartServers 6\nServerLimit 6\nMaxRequestWorkers 150\nMinSpareThreads 25\n"
     "MaxSpareThreads 50\nThreadsPerChild 25\n",
     25,
     {0},
     all,
     "6 5 4 3 2"},
};

/// One configuration in both servers.
struct Pair {
    std::unique_ptr<Peer> apache, minetd;
    std::array<WatchedPool, 2> pools;
    std::chrono::steady_clock::time_point start;
};

/// The builtin echo would need no thread for a client that only stays.
bool parks(const Classic& classic) {
    return classic.mpm == std::string("event");
}

pid_t only_child(pid_t parent) {
    const std::string process = std::to_string(parent);
    std::ifstream children("/proc/" + process + "/task/" + process + "/children");
    pid_t child = 0;
    children >> child;
    return child;
}

void start(Pair& pair, const Classic& classic, const std::string& name, const std::string& dir) {
    pair.pools[0].port = free_port();
    pair.pools[1].port = free_port();
    const Apache apache{.package = std::string(std::getenv("MINETD_PEERS")) + "/apache2-bin",
                        .directory = dir,
                        .name = name,
                        .mpm = classic.mpm,
                        .directives = classic.directives,
                        .port = pair.pools[0].port};
    write_file(apache.file(), apache.configuration() + apache.echo());
    const std::string service = parks(classic) ? dir + "/blocking-echo.so" : "echo";
    const std::string port = std::to_string(pair.pools[1].port),
                      ours = dir + "/" + name + ".minetd";
    write_file(ours, port + " stream tcp4 " + classic.mpm + " " + test_user() + " internal " +
                         service + "\n\n[" + port + "]\n" + classic.directives +
                         "spawn_policy = apache\n");
    pair.apache = std::make_unique<Peer>(apache.command(), apache.port, apache.file() + ".log");
    pair.start = std::chrono::steady_clock::now();
    pair.minetd = std::make_unique<Peer>(
        std::vector<std::string>{std::getenv("MINETD"), "--foreground", "--strict", "-f", ours},
        pair.pools[1].port, ours + ".log");
    pair.pools[0].parent = pair.apache->pid();
    pair.pools[1].parent = only_child(pair.minetd->pid());  // the pool's keeper
}

/// Runs those of which there is no course yet, all at the same time.
void run(std::vector<std::optional<PoolCourse>>& courses) {
    const TemporaryDirectory directory;
    std::filesystem::copy_file(MINETD_BLOCKING_ECHO, directory.path() + "/blocking-echo.so");
    std::vector<Pair> pairs(std::size(classics));
    std::vector<std::jthread> watches;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        if (courses[i]) continue;
        start(pairs[i], classics[i], "classic" + std::to_string(i), directory.path());
        watches.emplace_back([&pair = pairs[i], &classic = classics[i], &course = courses[i]] {
            course = watch_pools(pair.pools, classic.loads, classic.last_steps, pair.start);
        });
    }
}

/// Of all of them, at the first call. Where the machine was too busy to look in time, nothing is
/// known, and it is done again.
const PoolCourse& course_of(std::size_t index) {
    static const auto courses = [] {
        rlimit descriptors{};
        getrlimit(RLIMIT_NOFILE, &descriptors);
        descriptors.rlim_cur = descriptors.rlim_max;
        setrlimit(RLIMIT_NOFILE, &descriptors);
        // If it may be, for all that is started from here: others do not stop these clocks.
        const sched_param first{.sched_priority = 1};
        sched_setscheduler(0, SCHED_RR, &first);
        std::vector<std::optional<PoolCourse>> done(std::size(classics));
        for (int attempt = 0; attempt < most_attempts; ++attempt) {
            for (auto& course : done)
                if (course && course->longest_gap > longest_gap) course.reset();
            if (std::any_of(done.begin(), done.end(), [](const auto& one) { return !one; }))
                run(done);
        }
        return done;
    }();
    return *courses[index];
}

void print(const Classic& classic, const PoolCourse& course) {
    std::string words = classic.directives;
    words.pop_back();
    for (std::size_t at; (at = words.find('\n')) != std::string::npos;) words.replace(at, 1, ", ");
    std::printf(
        "| %s: %s%s |\n"
        "| second | load | apache2 servers | busy | idle | minetd servers | busy | idle |\n"
        "|-------:|-----:|----------------:|-----:|-----:|---------------:|-----:|-----:|\n",
        classic.mpm, words.c_str(),
        parks(classic) ? " (in minetd with a module that holds a thread, as mod_echo does)" : "");
    for (const PoolCourse::Row& row : course.rows) {
        std::printf("| %6u | %4u |", row.second, row.load);
        const char* format = " %15u | %4u | %4u |";
        for (const PoolCourse::Sample& sample : row.pools) {
            const unsigned workers = std::max(sample.servers * classic.workers, sample.held);
            std::printf(format, sample.servers, sample.held, workers - sample.held);
            format = " %14u | %4u | %4u |";
        }
        std::printf("\n");
    }
}

/// Not more than `last_steps` under the last load.
std::string told(const std::vector<PoolStep>& steps, const Classic& classic) {
    std::string text;
    unsigned stage = 0, last = 0;
    for (const PoolStep& step : steps) {
        for (; stage < step.stage; ++stage) text += "| ";
        if (stage + 1 == classic.loads.size() && ++last > classic.last_steps) break;
        text += std::to_string(step.servers) + " ";
    }
    return text.substr(0, text.size() - 1);
}

/// Under each load, the time from the first step to every other is the same for both.
void check_ticks(const std::array<std::vector<PoolStep>, 2>& steps) {
    std::array<double, 2> first{};
    for (std::size_t i = 0; i < std::min(steps[0].size(), steps[1].size()); ++i) {
        const PoolStep &theirs = steps[0][i], &ours = steps[1][i];
        if (i == 0 || theirs.stage != steps[0][i - 1].stage) first = {theirs.at, ours.at};
        CAPTURE(theirs.servers);
        CHECK(std::abs((theirs.at - first[0]) - (ours.at - first[1])) < most_drift);
    }
}

void check(std::size_t index) {
    const PoolCourse& course = course_of(index);
    const Classic& classic = classics[index];
    print(classic, course);
    CHECK(course.trouble == "");
    REQUIRE_MESSAGE(course.longest_gap <= longest_gap,
                    "the machine was too busy to look in time, at each attempt");
    CHECK(told(course.steps[0], classic) == std::string(classic.steps));
    CHECK(told(course.steps[1], classic) == told(course.steps[0], classic));
    check_ticks(course.steps);
}

}  // namespace

TEST_SUITE_BEGIN("peers");

TEST_CASE("prefork, 8 servers to 256, 5 to 20 spare: Apache's steps") {
    check(0);
}

TEST_CASE("worker, 4 servers to 12, 25 to 75 threads spare: Apache's steps") {
    check(1);
}

TEST_CASE("event, 64 threads each, 64 to 128 spare: Apache's steps") {
    check(2);
}

TEST_CASE("worker, 2 servers to 6 of ServerLimit 16: Apache's steps") {
    check(3);
}

TEST_CASE("event, every place taken: Apache waits for who leaves, and a tick longer") {
    check(4);
}

TEST_SUITE_END();
