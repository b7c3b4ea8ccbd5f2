// SPDX-License-Identifier: ISC
#include "daemon/config/xinetd_headings.h"

#include <vector>

#include "daemon/config/values.h"

namespace minetd {
namespace {

using Kind = XinetdStatement::Kind;

constexpr XinetdHeading headings[] = {{"service", Kind::service},
                                      {"defaults", Kind::defaults},
                                      {"include", Kind::include},
                                      {"includedir", Kind::includedir}};

}  // namespace

const XinetdHeading* xinetd_heading(std::string_view word) noexcept {
    if (word.size() > 1 && word.ends_with('{')) word.remove_suffix(1);
    for (const XinetdHeading& heading : headings)
        if (same_word(heading.word, word)) return &heading;
    return nullptr;
}

std::string near_xinetd_heading(std::string_view word, bool entries_only) {
    if (word.ends_with('{')) word.remove_suffix(1);
    std::vector<std::string_view> names;
    for (const XinetdHeading& heading : headings)
        if (!entries_only || heading.is_entry()) names.push_back(heading.word);
    const std::string hint = did_you_mean(word, names);
    return hint.empty() ? "" : hint + " ";
}

}  // namespace minetd
