// SPDX-License-Identifier: ISC
// After many connections everything is as it was: descriptors, children, memory. And a flood on one
// service does not starve another. MINETD_CONNECTIONS says how many; 10,000 by default.
#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "tests/integration/client.h"
#include "tests/integration/daemon_under_test.h"
#include "tests/integration/process_tree.h"

using namespace minetd;

namespace {

struct ProcessFigures {
    std::size_t descriptors = 0;
    long zombies = 0, children = 0, resident_kib = 0;
};

ProcessFigures figures_of(pid_t pid) {
    const std::string proc = "/proc/" + std::to_string(pid);
    ProcessFigures figures;
    figures.descriptors = open_descriptors(pid);
    for (const ProcessView& child : descendants(pid)) {
        ++figures.children;
        figures.zombies += child.state == 'Z';
    }
    std::ifstream status(proc + "/status");
    for (std::string line; std::getline(status, line);)
        if (line.rfind("VmRSS:", 0) == 0) figures.resident_kib = std::atol(line.c_str() + 6);
    return figures;
}

int connections_wanted() {
    const char* value = std::getenv("MINETD_CONNECTIONS");
    return value != nullptr ? std::atoi(value) : 10'000;
}

int serve_many(const std::vector<std::uint16_t>& ports, int count) {
    std::atomic<int> next{0}, served{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&] {
            for (int number; (number = next++) < count;) {
                const std::uint16_t port = ports[static_cast<std::size_t>(number) % ports.size()];
                const std::string text = std::to_string(number) + "\n";
                served += Client(port).ask(text) == text;
            }
        });
    for (std::thread& thread : threads) thread.join();
    return served;
}

}  // namespace

TEST_SUITE_BEGIN("endurance");

TEST_CASE("many connections leave nothing behind") {
    const int count = connections_wanted();
    DaemonUnderTest daemon(R"(
{program} stream tcp4 nowait  {user} {probe} probe answer
{waiting} stream tcp4 prefork {user} {probe} probe answer
{pool}    stream tcp4 prefork {user} internal echo
{inner}   stream tcp4 nowait  {user} internal echo
[defaults]
max_connections_per_child = 500
start_servers = 4
min_spare_servers = 2
max_spare_servers = 4
spawn_policy = apache
)");
    const std::vector<std::uint16_t> ports = {daemon.port("program"), daemon.port("waiting"),
                                              daemon.port("pool"), daemon.port("inner")};
    // The first thousand make what is made once: pools, buffers, the inner process.
    CHECK(serve_many(ports, 1'000) == 1'000);
    const ProcessFigures before = figures_of(daemon.pid());
    CHECK(serve_many(ports, count) == count);
    // Ends are learnt by events; the last of them by the next connection's.
    ProcessFigures after = figures_of(daemon.pid());
    for (int tries = 0;
         tries < 10'000 && (after.zombies > 0 || after.descriptors > before.descriptors); ++tries) {
        CHECK(serve_many(ports, 4) == 4);
        after = figures_of(daemon.pid());
    }
    MESSAGE(count, " connections: ", before.descriptors, " -> ", after.descriptors,
            " descriptors, ", after.zombies, " zombies, ", before.children, " -> ", after.children,
            " children, ", before.resident_kib, " -> ", after.resident_kib, " KiB");
    CHECK(after.zombies == 0);
    CHECK(after.descriptors <= before.descriptors);
#if !defined(__SANITIZE_ADDRESS__)
    // A sanitizer keeps freed memory on purpose, so there the figure says nothing.
    CHECK(after.resident_kib < before.resident_kib + 1'024);
#endif
}

TEST_CASE("a flood on one service leaves the others their turn") {
    DaemonUnderTest daemon(R"(
{flooded} stream tcp4 nowait {user} {probe} probe exit 0
{quiet}   stream tcp4 nowait {user} {probe} probe answer
)");
    const std::uint16_t flooded = daemon.port("flooded");
    std::atomic<bool> flooding = true;
    std::atomic<long> flood{0};
    std::vector<std::thread> attackers;
    for (int i = 0; i < 16; ++i)
        attackers.emplace_back([&] {
            while (flooding) try {
                    const Client client(flooded);
                    ++flood;
                } catch (const std::system_error&) {
                    // The queue is full, or this host has no port left: an attacker's own trouble.
                }
        });
    // Each quiet client waits behind no more than what was started before it: were the flood served
    // first, these 100 would never end, because it never does.
    int served = 0;
    for (int i = 0; i < 100; ++i) served += Client(daemon.port("quiet")).ask("x\n") == "x\n";
    flooding = false;
    for (std::thread& attacker : attackers) attacker.join();
    CHECK(served == 100);
    MESSAGE("100 served beside a flood of ", flood.load());
}

TEST_SUITE_END();
