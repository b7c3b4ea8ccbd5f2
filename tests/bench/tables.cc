// SPDX-License-Identifier: ISC

#include "tests/bench/tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <vector>

#include "tests/bench/figures.h"

namespace minetd::bench {

namespace {

struct Column {
    std::string_view head;
    std::string (*cell)(const Comparison&, const Series&);
};

template <double Sample::*member>
std::string whole(const Comparison&, const Series& series) {
    return with_commas(median(series, member));
}

std::string latency_text(const Series& series, double Sample::*member) {
    return median(series, &Sample::operations) > 0 ? with_commas(median(series, member)) : "-";
}

template <double Sample::*member>
std::string latency(const Comparison&, const Series& series) {
    return latency_text(series, member);
}

template <double Sample::*member>
std::string one_digit(const Comparison&, const Series& series) {
    return fmt::format("{:.1f}", median(series, member));
}

template <const char* name>
std::string ratio_to(const Comparison& comparison, const Series& series) {
    return ratio_text(rate_ratio(&series, find(comparison, name)));
}

template <const Series* best(const Comparison&)>
std::string ratio_to_best(const Comparison& comparison, const Series& series) {
    return ratio_text(rate_ratio(&series, best(comparison)));
}

std::string ratio_to_first(const Comparison& comparison, const Series& series) {
    return ratio_text(rate_ratio(&series, &comparison.series.front()));
}

template <double Sample::*member>
std::string paired_with_first(const Comparison& comparison, const Series& series) {
    return ratio_text(paired_ratio(&series, &comparison.series.front(), member));
}

std::string rate(const Comparison&, const Series& series) {
    const Spread all = spread(series, &Sample::rate);
    return fmt::format("{} ({}-{})", with_commas(all.median), with_commas(all.least),
                       with_commas(all.most));
}

std::string processors(const Comparison&, const Series& series) {
    return fmt::format("{:.2f}+{:.2f}", median(series, &Sample::server_cpus),
                       median(series, &Sample::client_cpus));
}

std::string all_errors(const Comparison&, const Series& series) {
    return fmt::format("{:.0f}", errors(series));
}

std::string half_after(const Comparison&, const Series& series) {
    return fmt::format("{:.1f}", median(series, &Sample::p50_us) / 1e3);
}

std::string all_after(const Comparison&, const Series& series) {
    const Spread all = spread(series, &Sample::max_us);
    return fmt::format("{:.1f} ({:.1f}-{:.1f})", all.median / 1e3, all.least / 1e3, all.most / 1e3);
}

std::string cpu_milliseconds(const Comparison& comparison, const Series& series) {
    return fmt::format("{:.1f}", median(series, &Sample::server_us) * comparison.clients / 1e3);
}

constexpr char tcpserver[] = "tcpserver";
constexpr char xinetd[] = "xinetd";

constexpr Column rate_column{"per second, median (min-max)", rate};
constexpr Column p50{"p50 us", latency<&Sample::p50_us>};
constexpr Column p99{"p99 us", latency<&Sample::p99_us>};
constexpr Column p999{"p99.9 us", latency<&Sample::p999_us>};
constexpr Column longest{"max us", latency<&Sample::max_us>};
constexpr Column cpu{"server us/op", one_digit<&Sample::server_us>};
constexpr Column cpus{"CPUs server+client", processors};
constexpr Column wrong{"errors", all_errors};
constexpr Column stuck{"stuck", whole<&Sample::stuck>};
constexpr Column x_peer{"x best peer", ratio_to_best<best_peer>};
constexpr Column x_limit{"x limit", ratio_to_best<best_limit>};

constexpr Column of_inetds[] = {rate_column,
                                p50,
                                p99,
                                longest,
                                cpu,
                                cpus,
                                wrong,
                                {"x tcpserver", ratio_to<tcpserver>},
                                {"x xinetd", ratio_to<xinetd>},
                                x_limit};
constexpr Column of_rules[] = {rate_column,
                               p50,
                               p99,
                               longest,
                               cpu,
                               cpus,
                               wrong,
                               {"x no rule", ratio_to_first},
                               {"x no rule, by rounds", paired_with_first<&Sample::rate>},
                               {"server us, by rounds", paired_with_first<&Sample::server_us>}};
constexpr Column of_pools[] = {rate_column, p50,   p99,   p999,   longest, cpu,
                               cpus,        wrong, stuck, x_peer, x_limit};
constexpr Column of_idlers[] = {
    rate_column, p50,    p99,    p999, cpu, cpus, {"PSS MB", one_digit<&Sample::pss_mb>},
    wrong,       x_peer, x_limit};
constexpr Column of_attackers[] = {
    rate_column, p50,   p99,
    longest,     cpu,   cpus,
    wrong,       stuck, {"attackers closed", whole<&Sample::attack_closed>}};
constexpr Column of_bursts[] = {{"half answered after ms", half_after},
                                {"all after ms, median (min-max)", all_after},
                                {"server CPU ms", cpu_milliseconds},
                                wrong,
                                {"never answered", whole<&Sample::stuck>}};

std::span<const Column> columns_of(const Workload& workload) {
    if (workload.is_burst()) return of_bursts;
    if (workload.needs == Needs::idle) return of_idlers;
    if (workload.needs == Needs::guard) return of_attackers;
    if (workload.is_of_admission()) return of_rules;
    if (workload.is_of_pools()) return of_pools;
    return of_inetds;
}

std::string head_of_row(const Series& series) {
    return fmt::format("| {} ({}{}) |", series.server->name, rounds_that_count(series),
                       comparable(&series) ? "" : ", not comparable");
}

std::string failure_row(const Series& series, std::size_t columns) {
    std::string why = series.failure;
    std::replace(why.begin(), why.end(), '\n', ' ');
    std::replace(why.begin(), why.end(), '|', '/');
    std::string text = fmt::format("| {} (0) | FAILED: {} |", series.server->name, why);
    for (std::size_t column = 1; column < columns; ++column) text += " |";
    return text + "\n";
}

std::string rows_of(const Comparison& comparison, std::span<const Column> columns) {
    std::string text = "| server (rounds that count) |";
    for (const Column& column : columns) text += fmt::format(" {} |", column.head);
    text += "\n|";
    for (std::size_t column = 0; column <= columns.size(); ++column) text += " --- |";
    text += "\n";
    std::vector<const Series*> in_order;
    for (const Series& series : comparison.series) in_order.push_back(&series);
    if (!comparison.workload->is_burst())
        std::stable_sort(in_order.begin(), in_order.end(),
                         [](const Series* one, const Series* other) {
                             return median(*one, &Sample::rate) > median(*other, &Sample::rate);
                         });
    for (const Series* series : in_order) {
        if (series->samples.empty()) {
            text += failure_row(*series, columns.size());
            continue;
        }
        text += head_of_row(*series);
        for (const Column& column : columns)
            text += fmt::format(" {} |", column.cell(comparison, *series));
        text += "\n";
    }
    return text;
}

// What went wrong first, where something did; a later failure to start must not hide behind good
// rounds.
std::string notes(const Comparison& comparison) {
    std::string text;
    for (const Series& series : comparison.series) {
        if (!series.failure.empty() && !series.samples.empty())
            text += fmt::format("\n{}: failed later: {}\n", series.server->name, series.failure);
        const auto first_wrong =
            std::find_if(series.samples.begin(), series.samples.end(),
                         [](const Sample& sample) { return sample.errors > 0; });
        if (first_wrong != series.samples.end())
            text += fmt::format("\n{}: {:.0f} errors, the first: {}\n", series.server->name,
                                errors(series), first_wrong->first_error);
    }
    return text;
}

std::string_view of_whom(const Workload& workload) {
    if (workload.needs == Needs::idle) return "idle connection";
    if (workload.needs == Needs::guard) return "attacker";
    return "client";
}

const Comparison* without_attackers(const std::vector<Comparison>& comparisons,
                                    const Comparison& attacked) {
    for (const Comparison& comparison : comparisons)
        if (comparison.workload == attacked.workload && comparison.clients == 0) return &comparison;
    return nullptr;
}

std::string attack_rows(const Comparison& calm, const Comparison& attacked) {
    std::string text;
    for (const Series& series : attacked.series) {
        const Series* before = find(calm, series.server->name);
        if (series.samples.empty() || before == nullptr || before->samples.empty()) continue;
        text += fmt::format(
            "| {} | {} | {} | {} | {} | {} | {} |\n", series.server->name,
            with_commas(median(*before, &Sample::rate)), with_commas(median(series, &Sample::rate)),
            ratio_text(rate_ratio(&series, before)), latency_text(*before, &Sample::p99_us),
            latency_text(series, &Sample::p99_us), with_commas(median(series, &Sample::stuck)));
    }
    return text;
}

}  // namespace

std::string table_of(const Comparison& comparison) {
    const Workload& workload = *comparison.workload;
    return fmt::format("#### {}: {}, {} {}{}\n\n{}{}\n", workload.name, workload.title,
                       with_commas(comparison.clients), of_whom(workload),
                       comparison.clients == 1 ? "" : "s",
                       rows_of(comparison, columns_of(workload)), notes(comparison));
}

std::string attack_table(const std::vector<Comparison>& comparisons) {
    std::string text;
    for (const Comparison& attacked : comparisons) {
        if (attacked.workload->needs != Needs::guard || attacked.clients == 0) continue;
        const Comparison* calm = without_attackers(comparisons, attacked);
        if (calm == nullptr) continue;
        text += fmt::format(
            "#### {}: without and with {} attackers\n\n| server | served/s without | with | share "
            "| "
            "p99 us without | with | of 16 clients stuck |\n| --- | --- | --- | --- | --- | --- | "
            "--- |\n{}\n",
            attacked.workload->name, with_commas(attacked.clients), attack_rows(*calm, attacked));
    }
    return text;
}

}  // namespace minetd::bench
