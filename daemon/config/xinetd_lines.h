// SPDX-License-Identifier: ISC
// The lines of xinetd.conf to statements: entries, defaults and includes, without a meaning yet.
// Source: xinetd.conf(5), and what xinetd 2.3.15 does where the page is silent.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "daemon/config/attributes.h"
#include "daemon/config/source.h"

namespace minetd {

/// One line of an entry: `name op words`, or what is wrong with it.
struct XinetdSetting {
    std::string name;
    Operator op = Operator::set;
    std::vector<Word> words;
    std::shared_ptr<const LogicalLine> value;  ///< all behind the operator, where it stands
    Place place;                               ///< of the name
    bool joined = false;                       ///< there is no blank before the operator
    /// The line is no setting. It breaks its entry, unless that is disabled above it.
    std::string fault, advice;

    Place at(const Word& word) const { return {place.line, word.offset}; }
};

struct XinetdStatement {
    enum class Kind : std::uint8_t { service, defaults, include, includedir };
    Kind kind = Kind::service;
    std::string name;  ///< of the service, or the path that is included
    Place place;
    std::vector<XinetdSetting> settings;
    bool broken = false;  ///< it has no name, no beginning or no end; that was reported
};

/// The statements of one file. Never stops at a mistake: what is missing is reported, and breaks
/// the entry that it is missing from.
std::vector<XinetdStatement> read_xinetd_lines(const std::shared_ptr<const Source>& source,
                                               Diagnostics& diagnostics);

}  // namespace minetd
