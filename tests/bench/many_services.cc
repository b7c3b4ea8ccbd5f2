// SPDX-License-Identifier: ISC

#include "tests/bench/many_services.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/bench/figures.h"
#include "tests/bench/interruption.h"
#include "tests/bench/memory.h"
#include "tests/bench/network.h"
#include "tests/bench/rounds.h"
#include "tests/bench/running_server.h"

namespace minetd::bench {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint16_t first_port = 10000;
/// A server that has used no CPU for so long has done what it was told to.
constexpr auto silence = std::chrono::milliseconds(250);
constexpr auto settle_deadline = std::chrono::seconds(30);
constexpr auto poll_interval = std::chrono::milliseconds(1);

/// Until when a server worked, and how much. No inetd says that it is ready again, so this watches
/// its CPU account, which works for all of them alike.
struct Work {
    double milliseconds;
    double cpu_milliseconds;
};

Work await_silence(const CpuAccount& account, Clock::time_point since, double cpu_before) {
    double used = account.seconds();
    Clock::time_point last_change = since;
    for (;;) {
        std::this_thread::sleep_for(poll_interval);
        const double now_used = account.seconds();
        const auto now = Clock::now();
        if (now_used > used) {
            used = now_used;
            last_change = now;
        }
        if (now - last_change >= silence) break;
        if (now - since > settle_deadline) throw std::runtime_error("never came to rest");
    }
    return {std::chrono::duration<double, std::milli>(last_change - since).count(),
            (used - cpu_before) * 1e3};
}

// On every port of the file, and on no other one: counts each port once, however many sockets it
// has.
void expect_listeners(unsigned services) {
    std::vector<std::uint16_t> ports = listening_ports();
    std::sort(ports.begin(), ports.end());
    ports.erase(std::unique(ports.begin(), ports.end()), ports.end());
    const auto ours = std::count_if(ports.begin(), ports.end(), [&](std::uint16_t port) {
        return port >= first_port && port < first_port + services;
    });
    if (ours != static_cast<std::ptrdiff_t>(services))
        throw std::runtime_error(fmt::format("listens on {} of {} ports", ours, services));
}

std::string measure(const ServerKind& server, const Site& site, const ManyServices& plan) {
    const Launch launch = server.prepare_many(server, site, first_port, plan.services);
    const auto before = Clock::now();
    const RunningServer running(std::string(server.name) + "-many", launch, site);
    const CpuAccount& account = running.account();
    const Work start = await_silence(account, before, 0);
    expect_listeners(plan.services);
    const Memory memory = memory_of(running.pid());

    std::vector<Work> reloads;
    for (unsigned reload = 0; reload < plan.reloads; ++reload) {
        const double cpu_before = account.seconds();
        const auto at = Clock::now();
        if (kill(running.pid(), SIGHUP) != 0) throw std::runtime_error("has gone");
        reloads.push_back(await_silence(account, at, cpu_before));
        expect_listeners(plan.services);
    }
    const auto by_time = [](const Work& one, const Work& other) {
        return one.milliseconds < other.milliseconds;
    };
    std::sort(reloads.begin(), reloads.end(), by_time);
    const Work reload = reloads[reloads.size() / 2];
    const Memory after = memory_of(running.pid());

    const double idle_before = account.seconds();
    std::this_thread::sleep_for(std::chrono::duration<double>(plan.idle_seconds));
    const double idle = (account.seconds() - idle_before) / plan.idle_seconds;

    const Sample load =
        run_loadgen(site, launch, account.reference(), "--exchange expect --clients 16",
                    {plan.load_seconds / 2, plan.load_seconds});
    if (load.errors > 0) throw std::runtime_error("wrong under load: " + load.first_error);
    return fmt::format(
        "| {} | {:.0f} ({:.0f}) | {:.0f} ({:.0f}) | {:.1f} / {:.1f} | {:.1f} / {:.1f} | {:.0f} | "
        "{} | {:.1f} |\n",
        server.name, start.milliseconds, start.cpu_milliseconds, reload.milliseconds,
        reload.cpu_milliseconds, memory.rss_mb, memory.pss_mb, after.rss_mb, after.pss_mb,
        idle * 1e6, with_commas(load.rate), load.server_us);
}

}  // namespace

std::string many_services_table(const Site& site, const ManyServices& plan, bool& failed) {
    std::string text = fmt::format(
        "#### many-services: {} services in one file\n\n"
        "| server | start ms (CPU) | reload unchanged ms (CPU) | RSS / PSS MB | after {} reloads | "
        "idle CPU us/s | "
        "static program, 16 clients, per second | server us/op |\n| --- | --- | --- | --- | --- | "
        "--- | --- | --- |\n",
        plan.services, plan.reloads);
    for (const ServerKind& server : servers()) {
        if (server.prepare_many == nullptr) continue;
        stop_if_interrupted();
        try {
            text += measure(server, site, plan);
        } catch (const std::exception& error) {
            std::string why = error.what();
            std::replace(why.begin(), why.end(), '\n', ' ');
            text += fmt::format("| {} | cannot: {} | | | | | | |\n", server.name, why);
            failed = failed || server.name.starts_with("minetd");
        }
    }
    return text + "\n";
}

}  // namespace minetd::bench
