// SPDX-License-Identifier: ISC

#include "tests/bench/figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace minetd::bench {

namespace {

Spread spread_of(std::vector<double> values) {
    if (values.empty()) return {};
    std::sort(values.begin(), values.end());
    const std::size_t half = values.size() / 2;
    const double middle =
        values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
    return {middle, values.front(), values.back()};
}

}  // namespace

Spread spread(const Series& series, double Sample::*member) {
    const bool any_counts = comparable(&series);
    std::vector<double> values;
    for (const Sample& sample : series.samples)
        if (sample.counts || !any_counts) values.push_back(sample.*member);
    return spread_of(std::move(values));
}

double median(const Series& series, double Sample::*member) {
    return spread(series, member).median;
}

unsigned rounds_that_count(const Series& series) {
    return static_cast<unsigned>(std::count_if(series.samples.begin(), series.samples.end(),
                                               [](const Sample& sample) { return sample.counts; }));
}

bool comparable(const Series* series) {
    return series != nullptr && rounds_that_count(*series) > 0;
}

double errors(const Series& series) {
    double total = 0;
    for (const Sample& sample : series.samples) total += sample.errors;
    return total;
}

const Series* find(const Comparison& comparison, std::string_view server) {
    for (const Series& series : comparison.series)
        if (series.server->name == server) return &series;
    return nullptr;
}

namespace {

template <typename Takes>
const Series* fastest(const Comparison& comparison, Takes takes) {
    const Series* best = nullptr;
    for (const Series& series : comparison.series) {
        if (!takes(*series.server) || !comparable(&series)) continue;
        if (best == nullptr || median(series, &Sample::rate) > median(*best, &Sample::rate))
            best = &series;
    }
    return best;
}

}  // namespace

const Series* best_limit(const Comparison& comparison) {
    return fastest(comparison, [](const ServerKind& server) { return server.is_limit(); });
}

const Series* best_peer(const Comparison& comparison) {
    return fastest(comparison, [](const ServerKind& server) {
        return !server.is_limit() && !server.is_ours();
    });
}

std::optional<double> rate_ratio(const Series* one, const Series* other) {
    if (!comparable(one) || !comparable(other)) return std::nullopt;
    const double base = median(*other, &Sample::rate);
    if (base <= 0) return std::nullopt;
    return median(*one, &Sample::rate) / base;
}

std::optional<double> paired_ratio(const Series* one, const Series* other, double Sample::*member) {
    if (one == nullptr || other == nullptr) return std::nullopt;
    std::vector<double> ratios;
    for (const Sample& its : one->samples)
        for (const Sample& base : other->samples)
            if (its.round == base.round && its.counts && base.counts && base.*member > 0)
                ratios.push_back(its.*member / (base.*member));
    if (ratios.empty()) return std::nullopt;
    return spread_of(std::move(ratios)).median;
}

std::string ratio_text(std::optional<double> ratio) {
    return ratio ? fmt::format("{:.2f}", *ratio) : "-";
}

std::string with_commas(double value) {
    std::string text = fmt::format("{:.0f}", value);
    for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
        if (text[static_cast<std::size_t>(at) - 1] != '-')
            text.insert(static_cast<std::size_t>(at), 1, ',');
    return text;
}

}  // namespace minetd::bench
