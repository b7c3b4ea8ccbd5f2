// SPDX-License-Identifier: ISC

#include "tests/bench/goals.h"

#include <fmt/format.h>

#include <optional>
#include <string_view>

#include "tests/bench/figures.h"

namespace minetd::bench {

namespace {

/// A ratio of rates to another server ("" is the best limit), or
/// microseconds of the server's CPU, or milliseconds until the last client has its first byte.
struct Goal {
    enum class Kind { rate_at_least, server_us_at_most, last_answer_ms_at_most } kind;
    std::string_view workload;
    unsigned clients;
    std::string_view server;
    std::string_view than;
    double value;
};

constexpr auto rate = Goal::Kind::rate_at_least;
constexpr auto cpu = Goal::Kind::server_us_at_most;
constexpr auto last = Goal::Kind::last_answer_ms_at_most;

constexpr Goal goals[] = {
    {rate, "exec-static", 16, "minetd_nowait", "tcpserver", 1.9},
    {rate, "exec-static", 16, "minetd_nowait", "xinetd", 3.4},
    {rate, "exec-static", 16, "minetd_nowait", "", 0.9},
    {cpu, "exec-static", 16, "minetd_nowait", "limit_vm_prefork_exec", 38},
    {rate, "exec-static", 16, "minetd_prefork", "tcpserver", 1.9},
    {rate, "exec-static", 16, "minetd_prefork", "xinetd", 3.4},
    {rate, "exec-static", 16, "minetd_prefork", "", 0.9},
    {cpu, "exec-static", 16, "minetd_prefork", "limit_vm_prefork_exec", 38},
    {rate, "exec-dynamic", 16, "minetd_nowait", "tcpserver", 1.13},
    {rate, "exec-dynamic", 16, "minetd_nowait", "", 0.95},
    {rate, "exec-dynamic", 16, "minetd_prefork", "tcpserver", 1.13},
    {rate, "exec-dynamic", 16, "minetd_prefork", "", 0.95},
    {rate, "exec-script", 16, "minetd_nowait", "tcpserver", 1.13},
    {rate, "exec-script", 16, "minetd_nowait", "", 0.95},
    {rate, "exec-script", 16, "minetd_prefork", "tcpserver", 1.13},
    {rate, "exec-script", 16, "minetd_prefork", "", 0.95},
    {cpu, "echo", 16, "minetd_nowait", "limit_echo_epoll_1", 8},
    {cpu, "echo", 16, "minetd_prefork", "limit_echo_procs", 9.5},
    {rate, "keepalive", 64, "minetd_prefork", "limit_echo_procs", 0.95},
    {last, "burst", 256, "minetd_prefork", "", 300},
};

struct Verdict {
    std::string asked, came;
    std::optional<bool> reached;
};

Verdict judge(const Goal& goal, const Comparison& comparison, const Series& series) {
    const Series* other = goal.than.empty() ? best_limit(comparison) : find(comparison, goal.than);
    if (goal.kind == Goal::Kind::rate_at_least) {
        const std::optional<double> ratio = rate_ratio(&series, other);
        return {
            fmt::format(">= {} x {}", goal.value, goal.than.empty() ? "the best limit" : goal.than),
            ratio_text(ratio), ratio ? std::optional(*ratio >= goal.value) : std::nullopt};
    }
    const bool known = comparable(&series);
    if (goal.kind == Goal::Kind::last_answer_ms_at_most) {
        const double milliseconds = median(series, &Sample::max_us) / 1e3;
        return {fmt::format("the last of {} clients <= {} ms", goal.clients, goal.value),
                fmt::format("{:.1f} ms", milliseconds),
                known ? std::optional(milliseconds <= goal.value && errors(series) == 0)
                      : std::nullopt};
    }
    // The number of microseconds is another one on every machine, so the limit's own is shown
    // beside it.
    const double used = median(series, &Sample::server_us);
    std::string came = fmt::format("{:.1f} us", used);
    if (comparable(other))
        came += fmt::format(" ({} {:.1f} us)", goal.than, median(*other, &Sample::server_us));
    return {fmt::format("<= {} us of server CPU", goal.value), came,
            known ? std::optional(used <= goal.value) : std::nullopt};
}

}  // namespace

std::string goals_table(const std::vector<Comparison>& comparisons) {
    std::string text =
        "#### Goals\n\n| work | server | asked | came | reached |\n"
        "| --- | --- | --- | --- | --- |\n";
    for (const Goal& goal : goals) {
        for (const Comparison& comparison : comparisons) {
            if (comparison.workload->name != goal.workload || comparison.clients != goal.clients)
                continue;
            const Series* series = find(comparison, goal.server);
            if (series == nullptr || series->samples.empty()) continue;
            const Verdict verdict = judge(goal, comparison, *series);
            text += fmt::format(
                "| {}, {} clients | {} | {} | {} | {} |\n", goal.workload, goal.clients,
                goal.server, verdict.asked, verdict.came,
                !verdict.reached ? "not comparable" : (*verdict.reached ? "yes" : "no"));
        }
    }
    return text + "\n";
}

}  // namespace minetd::bench
