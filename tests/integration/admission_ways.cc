// SPDX-License-Identifier: ISC
#include "tests/integration/admission_ways.h"

#include <doctest/doctest.h>

#include <csignal>
#include <cstdio>
#include <ctime>
#include <vector>

#include "tests/integration/client.h"
#include "tests/integration/process_tree.h"

namespace minetd {
namespace {

std::string pool(const Way& way) {
    const std::string serve = way.serve;
    if (serve == "prefork") return "min_spare_servers = 4\nmax_spare_servers = 72\n";
    if (serve == "nowait") return "";
    return "threads_per_child = 8\nmin_spare_threads = 8\nmax_spare_threads = 72\n";
}

}  // namespace

std::string service(const Way& way, const std::string& name) {
    return "{" + name + "} stream tcp4 " + way.serve + " {user} " + way.server + "\n";
}

std::string section(const Way& way, const std::string& name, const std::string& settings) {
    return "[{" + name + "}]\nid = " + name + "\n" + pool(way) + settings;
}

std::string closed_now() {
    const std::time_t now = std::time(nullptr);
    std::tm local{};
    ::localtime_r(&now, &local);
    char text[16];
    std::snprintf(text, sizeof text, "%02d:00-%02d:00", (local.tm_hour + 8) % 24,
                  (local.tm_hour + 16) % 24);
    return text;
}

void kill_servers(const DaemonUnderTest& daemon) {
    std::vector<ProcessView> killed;
    for (const ProcessView& process : descendants(daemon.pid()))
        if (process.state != 'Z' && descendants(process.pid).empty() &&
            ::kill(process.pid, SIGKILL) == 0)
            killed.push_back(process);
    REQUIRE(!killed.empty());
    REQUIRE(comes_true([&] { return are_gone(killed); }));
}

SocketAddress local(unsigned number) {
    return address_of("127.0.0." + std::to_string(number), 0);
}

bool is_served(std::uint16_t port, unsigned from) {
    Client client(address_of("127.0.0.1", port), SOCK_STREAM, local(from));
    client.send("x\n");
    return !client.line().empty();
}

}  // namespace minetd
