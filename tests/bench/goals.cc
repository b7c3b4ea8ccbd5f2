// SPDX-License-Identifier: ISC

#include "tests/bench/goals.h"

#include <fmt/format.h>

#include <optional>
#include <string_view>

#include "tests/bench/figures.h"

namespace minetd::bench {

namespace {

/// A ratio of rates to another server ("" is the best limit, "*" the best peer), or
/// microseconds of the server's CPU, or a ratio of them, or milliseconds until the last client has
/// its first byte, or megabytes. Paired ratios are those of each round.
struct Goal {
    enum class Kind {
        rate_at_least,
        server_us_at_most,
        server_us_ratio_at_most,
        paired_rate_at_least,
        paired_server_us_at_most,
        last_answer_ms_at_most,
        pss_mb_at_most
    } kind;
    std::string_view workload;
    unsigned clients;
    std::string_view server;
    std::string_view than;
    double value;
};

constexpr auto rate = Goal::Kind::rate_at_least;
constexpr auto cpu = Goal::Kind::server_us_at_most;
constexpr auto cpu_ratio = Goal::Kind::server_us_ratio_at_most;
constexpr auto paired_rate = Goal::Kind::paired_rate_at_least;
constexpr auto paired_cpu = Goal::Kind::paired_server_us_at_most;
constexpr auto last = Goal::Kind::last_answer_ms_at_most;
constexpr auto memory = Goal::Kind::pss_mb_at_most;

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
    {paired_rate, "admission-echo", 16, "minetd_event_10_rules", "minetd_event_no_rule", 0.97},
    {paired_rate, "admission-echo", 16, "minetd_event_10000_rules", "minetd_event_no_rule", 0.97},
    {paired_rate, "admission-exec", 16, "minetd_nowait_10_rules", "minetd_nowait_no_rule", 0.97},
    {paired_rate, "admission-exec", 16, "minetd_nowait_10000_rules", "minetd_nowait_no_rule", 0.97},
    {paired_cpu, "admission-echo", 16, "minetd_event_10_rules", "minetd_event_no_rule", 1.03},
    {paired_cpu, "admission-echo", 16, "minetd_event_10000_rules", "minetd_event_no_rule", 1.03},
    {paired_cpu, "admission-exec", 16, "minetd_nowait_10_rules", "minetd_nowait_no_rule", 1.03},
    {paired_cpu, "admission-exec", 16, "minetd_nowait_10000_rules", "minetd_nowait_no_rule", 1.03},
    {cpu, "pool-echo", 16, "minetd_event", "limit_echo_epoll_1", 9.5},
    {cpu, "pool-echo", 16, "minetd_worker", "limit_echo_threads", 12},
    {cpu, "pool-echo", 16, "minetd_prefork", "limit_echo_procs", 9.5},
    {rate, "pool-keepalive", 64, "minetd_event", "limit_echo_epoll_1", 0.85},
    {rate, "pool-keepalive", 64, "minetd_worker", "limit_echo_threads", 0.9},
    {rate, "pool-keepalive", 64, "minetd_prefork", "limit_echo_procs", 0.95},
    {rate, "http", 64, "minetd_event", "*", 1},
    {cpu_ratio, "http", 64, "minetd_event", "apache_prefork", 1},
    {cpu_ratio, "http", 64, "minetd_event", "apache_worker", 1},
    {cpu_ratio, "http", 64, "minetd_event", "apache_event", 1},
    {memory, "idle", 1000, "minetd_event", "limit_echo_epoll_1", 3},
    {memory, "idle", 10000, "minetd_event", "limit_echo_epoll_1", 20},
    {last, "first-byte", 256, "minetd_prefork", "", 300},
    {last, "first-byte-program", 256, "minetd_prefork", "", 1300},
};

struct Verdict {
    std::string asked, came;
    std::optional<bool> reached;
};

std::string_view name_of(std::string_view than) {
    if (than.empty()) return "the best limit";
    return than == "*" ? "the best peer" : than;
}

const Series* other_side(const Goal& goal, const Comparison& comparison) {
    if (goal.than.empty()) return best_limit(comparison);
    return goal.than == "*" ? best_peer(comparison) : find(comparison, goal.than);
}

Verdict judge_rate(const Goal& goal, const Series& series, const Series* other) {
    const std::optional<double> ratio = rate_ratio(&series, other);
    return {fmt::format(">= {} x {}", goal.value, name_of(goal.than)), ratio_text(ratio),
            ratio ? std::optional(*ratio >= goal.value) : std::nullopt};
}

Verdict judge_cpu_ratio(const Goal& goal, const Series& series, const Series* other) {
    const double base = comparable(other) ? median(*other, &Sample::server_us) : 0;
    const bool known = comparable(&series) && base > 0;
    const double ratio = known ? median(series, &Sample::server_us) / base : 0;
    return {fmt::format("server CPU <= {} x {}", goal.value, goal.than),
            known ? ratio_text(ratio) : "-",
            known ? std::optional(ratio <= goal.value) : std::nullopt};
}

Verdict judge_paired(const Goal& goal, std::string_view asked, std::optional<double> ratio,
                     bool reached) {
    return {fmt::format("{} {} x {}, by rounds", asked, goal.value, goal.than), ratio_text(ratio),
            ratio ? std::optional(reached) : std::nullopt};
}

/// A figure of its own, `unit` of it, beside that of another server: the number is another one on
/// every machine.
Verdict judge_figure(const Goal& goal, const Series& series, const Series* other,
                     double Sample::*member, double scale, std::string_view asked,
                     std::string_view unit) {
    const double figure = median(series, member) * scale;
    std::string came = fmt::format("{:.1f} {}", figure, unit);
    if (comparable(other))
        came += fmt::format(" ({} {:.1f} {})", goal.than, median(*other, member) * scale, unit);
    return {fmt::format("{} <= {} {}", asked, goal.value, unit), came,
            comparable(&series) ? std::optional(figure <= goal.value) : std::nullopt};
}

Verdict judge(const Goal& goal, const Comparison& comparison, const Series& series) {
    const Series* other = other_side(goal, comparison);
    switch (goal.kind) {
        case Goal::Kind::rate_at_least:
            return judge_rate(goal, series, other);
        case Goal::Kind::server_us_ratio_at_most:
            return judge_cpu_ratio(goal, series, other);
        case Goal::Kind::paired_rate_at_least: {
            const auto ratio = paired_ratio(&series, other, &Sample::rate);
            return judge_paired(goal, ">=", ratio, ratio >= goal.value);
        }
        case Goal::Kind::paired_server_us_at_most: {
            const auto ratio = paired_ratio(&series, other, &Sample::server_us);
            return judge_paired(goal, "server CPU <=", ratio, ratio <= goal.value);
        }
        case Goal::Kind::server_us_at_most:
            return judge_figure(goal, series, other, &Sample::server_us, 1, "server CPU", "us");
        case Goal::Kind::pss_mb_at_most:
            return judge_figure(goal, series, other, &Sample::pss_mb, 1, "PSS", "MB");
        case Goal::Kind::last_answer_ms_at_most:
            break;
    }
    Verdict verdict =
        judge_figure(goal, series, nullptr, &Sample::max_us, 1e-3, "the last client", "ms");
    if (verdict.reached && errors(series) + median(series, &Sample::stuck) > 0)
        verdict.reached = false;
    return verdict;
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
