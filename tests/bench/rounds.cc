// SPDX-License-Identifier: ISC

#include "tests/bench/rounds.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <thread>

#include "tests/bench/command.h"
#include "tests/bench/interruption.h"
#include "tests/bench/running_server.h"
#include "tests/bench/wrk.h"

namespace minetd::bench {

namespace {

using Clock = std::chrono::steady_clock;

/// How long a run is put off for the processors to come near and the machine to be left alone.
constexpr auto calm_wait = std::chrono::seconds(10);
constexpr auto calm_interval = std::chrono::milliseconds(100);

/// Seconds. Apache's prefork doubles what it starts in each, and so needs a dozen.
constexpr double burst_deadline = 60;

/// What loadgen prints, by name.
struct Field {
    std::string_view name;
    double Sample::*member;
};

constexpr Field fields[] = {
    {"rate", &Sample::rate},
    {"p50_us", &Sample::p50_us},
    {"p99_us", &Sample::p99_us},
    {"p999_us", &Sample::p999_us},
    {"max_us", &Sample::max_us},
    {"server_us", &Sample::server_us},
    {"server_cpus", &Sample::server_cpus},
    {"client_cpus", &Sample::client_cpus},
    {"other_cpus", &Sample::other_cpus},
    {"operations", &Sample::operations},
    {"errors", &Sample::errors},
    {"stuck", &Sample::stuck},
    {"pss_mb", &Sample::pss_mb},
    {"attack_closed", &Sample::attack_closed},
};

/// One line that is written over, for somebody who watches.
void show_progress(const Workload& workload, unsigned clients, unsigned round,
                   const Series& series) {
    if (isatty(STDERR_FILENO) == 0) return;
    const std::string text = fmt::format("{}, {} clients, round {}: {}", workload.name, clients,
                                         round + 1, series.server->name);
    std::fprintf(stderr, "\r\033[K%s\r", text.c_str());
}

}  // namespace

Sample parse_sample(const std::string& line) {
    Sample sample;
    for (const Field& field : fields) {
        const std::string key = fmt::format("{}=", field.name);
        std::size_t at = line.starts_with(key) ? 0 : line.find(" " + key);
        if (at == std::string::npos) throw std::runtime_error("loadgen said no " + key);
        if (at != 0) ++at;
        sample.*field.member = std::strtod(line.c_str() + at + key.size(), nullptr);
    }
    const std::string_view key = "first_error=\"";
    if (const std::size_t at = line.find(key); at != std::string::npos)
        sample.first_error = line.substr(at + key.size(), line.rfind('"') - at - key.size());
    return sample;
}

Sample run_loadgen(const Site& site, const Launch& launch, const std::string& account,
                   std::string_view client, Times times) {
    const std::string command =
        fmt::format("exec {} --port {} {} --warm-up {} --seconds {} --account {}{}",
                    quoted(site.programs + "/loadgen"), launch.port, client, times.warm_up,
                    times.measured, quoted(account), launch.one_source ? " --one-source" : "");
    // 1 is the server's fault and counted; anything else is ours.
    return parse_sample(last_line_of(command, 1));
}

Comparison Rounds::compare(const Workload& workload, unsigned clients, unsigned cells_after) {
    Comparison comparison{&workload, clients, {}};
    for (const ServerKind& server : servers())
        if (server.takes(workload, site_, clients)) comparison.series.push_back({&server, {}, {}});
    auto left = static_cast<unsigned>(comparison.series.size()) * plan_.rounds + cells_after;
    for (unsigned round = 0; round < plan_.rounds; ++round) {
        // There and back: what gets faster or slower meanwhile favours nobody.
        for (std::size_t i = 0; i < comparison.series.size(); ++i) {
            Series& series =
                comparison.series[round % 2 == 0 ? i : comparison.series.size() - 1 - i];
            show_progress(workload, clients, round, series);
            stop_if_interrupted();
            run_round(series, workload, clients, round, --left);
        }
    }
    return comparison;
}

unsigned Rounds::cells(const Workload& workload, unsigned clients) const {
    const auto taking = std::count_if(
        servers().begin(), servers().end(),
        [&](const ServerKind& server) { return server.takes(workload, site_, clients); });
    return static_cast<unsigned>(taking) * plan_.rounds;
}

void Rounds::run_round(Series& series, const Workload& workload, unsigned clients, unsigned round,
                       unsigned cells_after) {
    if (!series.failure.empty()) return;
    for (unsigned attempt = 0; attempt < plan_.attempts; ++attempt) {
        if (attempt > 0 && !time_to_repeat(cells_after)) break;
        if (time_to_repeat(cells_after)) await_calm(cells_after);
        const auto start = Clock::now();
        try {
            series.samples.push_back(run_once(*series.server, workload, clients));
            series.samples.back().round = round;
        } catch (const std::exception& error) {
            series.failure = error.what();
            return;
        }
        const double taken = std::chrono::duration<double>(Clock::now() - start).count();
        cell_seconds_ = 0.9 * cell_seconds_ + 0.1 * taken;
        if (series.samples.back().counts) break;
    }
}

Sample Rounds::run_once(const ServerKind& server, const Workload& workload, unsigned clients) {
    const Launch launch = server.prepare(server, site_, workload, clients);
    const double before = round_trip_ns(pair_);
    Sample sample;
    {
        const RunningServer running(std::string(server.name), launch, site_);
        if (workload.is_of_pools() || workload.is_of_admission()) running.await_rest();
        sample = run_client(running, launch, workload, clients);
    }
    sample.round_trip_ns = std::max(before, round_trip_ns(pair_));
    // A burst is over in less time than the machine's own account of it can tell.
    const bool quiet = workload.is_burst() || sample.other_cpus <= plan_.quiet_cpus;
    sample.counts = sample.round_trip_ns <= plan_.near_ns && quiet;
    return sample;
}

Sample Rounds::run_client(const RunningServer& running, const Launch& launch,
                          const Workload& workload, unsigned clients) const {
    const std::string account = running.account().reference();
    if (workload.client == "wrk")
        return run_wrk(site_, launch, running.account(), clients, plan_.measured);
    std::string client = launch.client.empty() ? fmt::format(fmt::runtime(workload.client), clients,
                                                             site_.documents())
                                               : launch.client;
    if (workload.needs == Needs::idle) client += fmt::format(" --tree {}", running.pid());
    return run_loadgen(site_, launch, account, client, times_of(workload, clients));
}

Times Rounds::times_of(const Workload& workload, unsigned clients) const {
    if (workload.is_burst()) return {0, burst_deadline};
    if (workload.needs == Needs::guard) return {plan_.attack_warm_up, plan_.attack_measured};
    // Where a few parts in a hundred are looked for.
    if (workload.is_of_admission()) return {plan_.warm_up, std::max(plan_.measured, 1.5)};
    // A thousand connections are not made in a third of a second, nor answered often in two.
    if (clients < 200) return {plan_.warm_up, plan_.measured};
    return {std::max(plan_.warm_up, 1.0), std::max(plan_.measured, 1.0)};
}

// Nothing of ours runs here, so whatever uses the processors is somebody else.
bool Rounds::calm() const {
    const auto start = Clock::now();
    const double before = machine_cpu_seconds();
    std::this_thread::sleep_for(calm_interval);
    const std::chrono::duration<double> taken = Clock::now() - start;
    const double others = (machine_cpu_seconds() - before) / taken.count();
    return others <= plan_.quiet_cpus && round_trip_ns(pair_) <= plan_.near_ns;
}

void Rounds::await_calm(unsigned cells_after) const {
    const auto deadline = Clock::now() + calm_wait;
    while (!calm() && Clock::now() < deadline && time_to_repeat(cells_after)) stop_if_interrupted();
}

bool Rounds::time_to_repeat(unsigned cells_after) const {
    const std::chrono::duration<double> needed((cells_after + 1) * cell_seconds_);
    return Clock::now() + needed < plan_.deadline;
}

}  // namespace minetd::bench
