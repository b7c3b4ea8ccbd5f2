// SPDX-License-Identifier: ISC

#include "tests/bench/tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "tests/bench/figures.h"

namespace minetd::bench {

namespace {

std::string head_of_row(const Series& series) {
    return fmt::format("| {} ({}{}) |", series.server->name, rounds_that_count(series),
                       comparable(&series) ? "" : ", not comparable");
}

std::string failure_row(const Series& series, unsigned columns) {
    std::string why = series.failure;
    std::replace(why.begin(), why.end(), '\n', ' ');
    std::string text = fmt::format("| {} (0) | failed: {} |", series.server->name, why);
    for (unsigned column = 2; column < columns; ++column) text += " |";
    return text + "\n";
}

std::string rate_row(const Comparison& comparison, const Series& series) {
    const Spread rate = spread(series, &Sample::rate);
    const auto value = [&](double Sample::*member) { return median(series, member); };
    std::string text = head_of_row(series);
    text += fmt::format(" {} ({}-{}) | {} | {} | {} |", with_commas(rate.median),
                        with_commas(rate.least), with_commas(rate.most),
                        with_commas(value(&Sample::p50_us)), with_commas(value(&Sample::p99_us)),
                        with_commas(value(&Sample::max_us)));
    text += fmt::format(" {:.1f} | {:.2f}+{:.2f} | {:.0f} |", value(&Sample::server_us),
                        value(&Sample::server_cpus), value(&Sample::client_cpus), errors(series));
    text += fmt::format(" {} | {} | {} |\n",
                        ratio_text(rate_ratio(&series, find(comparison, "tcpserver"))),
                        ratio_text(rate_ratio(&series, find(comparison, "xinetd"))),
                        ratio_text(rate_ratio(&series, best_limit(comparison))));
    return text;
}

std::string rate_table(const Comparison& comparison) {
    std::string text =
        "| server (rounds that count) | per second, median (min-max) | p50 us | p99 us | max us | "
        "server us/op | CPUs server+client | errors | x tcpserver | x xinetd | x limit |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n";
    std::vector<const Series*> by_rate;
    for (const Series& series : comparison.series) by_rate.push_back(&series);
    std::stable_sort(by_rate.begin(), by_rate.end(), [](const Series* one, const Series* other) {
        return median(*one, &Sample::rate) > median(*other, &Sample::rate);
    });
    for (const Series* series : by_rate)
        text += series->samples.empty() ? failure_row(*series, 11) : rate_row(comparison, *series);
    return text;
}

std::string burst_row(const Comparison& comparison, const Series& series) {
    const Spread all = spread(series, &Sample::max_us);
    const double cpu_us = median(series, &Sample::server_us) * comparison.clients;
    return head_of_row(series) +
           fmt::format(" {:.1f} | {:.1f} ({:.1f}-{:.1f}) | {:.1f} | {:.0f} |\n",
                       median(series, &Sample::p50_us) / 1e3, all.median / 1e3, all.least / 1e3,
                       all.most / 1e3, cpu_us / 1e3, errors(series));
}

std::string burst_table(const Comparison& comparison) {
    std::string text =
        "| server (rounds that count) | half answered after ms | all after ms, median (min-max) | "
        "server CPU ms | errors |\n| --- | --- | --- | --- | --- |\n";
    for (const Series& series : comparison.series)
        text += series.samples.empty() ? failure_row(series, 5) : burst_row(comparison, series);
    return text;
}

// What went wrong first, where something did; a later failure to start must not hide behind good
// rounds.
std::string notes(const Comparison& comparison) {
    std::string text;
    for (const Series& series : comparison.series) {
        if (!series.failure.empty() && !series.samples.empty())
            text += fmt::format("\n{}: failed later: {}\n", series.server->name, series.failure);
        const auto wrong = std::find_if(series.samples.begin(), series.samples.end(),
                                        [](const Sample& sample) { return sample.errors > 0; });
        if (wrong != series.samples.end())
            text += fmt::format("\n{}: {:.0f} errors, the first: {}\n", series.server->name,
                                errors(series), wrong->first_error);
    }
    return text;
}

}  // namespace

std::string table_of(const Comparison& comparison) {
    const Workload& workload = *comparison.workload;
    return fmt::format("#### {}: {}, {} client{}\n\n{}{}\n", workload.name, workload.title,
                       comparison.clients, comparison.clients == 1 ? "" : "s",
                       workload.is_burst() ? burst_table(comparison) : rate_table(comparison),
                       notes(comparison));
}

}  // namespace minetd::bench
