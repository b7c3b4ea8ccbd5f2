// SPDX-License-Identifier: ISC
// What a series of rounds amounts to: medians of the rounds that count, and their ratios.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tests/bench/rounds.h"

namespace minetd::bench {

struct Spread {
    double median = 0, least = 0, most = 0;
};

/// Of the rounds that count; of all of them where none does, so that a row is never empty.
Spread spread(const Series&, double Sample::*member);
double median(const Series&, double Sample::*member);

unsigned rounds_that_count(const Series&);
/// Whether some round counts; without one no ratio means anything.
bool comparable(const Series*);
/// Of all rounds, whether they count or not.
double errors(const Series&);

/// Null where the server does not take part.
const Series* find(const Comparison&, std::string_view server);
/// The fastest of the limits; null where none is comparable.
const Series* best_limit(const Comparison&);

/// The fastest of those that are neither limits nor minetd; null where none is comparable.
const Series* best_peer(const Comparison&);

/// Of the median rates; nothing unless both are comparable.
std::optional<double> rate_ratio(const Series*, const Series*);
/// The median of the ratios in each round that counts for both; nothing where there is none. What
/// the machine does from round to round, it does to both: this tells smaller differences.
std::optional<double> paired_ratio(const Series*, const Series*, double Sample::*member);

/// "1.23", or "-" for none.
std::string ratio_text(std::optional<double>);
/// 12345.6 as "12,346".
std::string with_commas(double);

}  // namespace minetd::bench
