// SPDX-License-Identifier: ISC
// One record of inetd.conf, positional fields, to a draft.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "daemon/config/dialect.h"
#include "daemon/config/draft.h"
#include "daemon/config/words.h"

namespace minetd {

/// What the lines before say about the ones that follow.
struct LineContext {
    const DialectRules& rules;
    std::string default_hosts = "*";
};

/// Reads a record whose words are split already. Fields that are wrong break the draft; the
/// others are read all the same, so that every mistake is told.
Draft read_record(const std::shared_ptr<const LogicalLine>& line, std::vector<Word> words,
                  const LineContext& context, Diagnostics& diagnostics);

/// The fields that key-value records and section headers share with lines.
void read_service_field(Draft& draft, const Word& word, bool unix_path, const LineContext& context,
                        Diagnostics& diagnostics);
void read_protocol_field(Draft& draft, const Word& word, const LineContext& context,
                         Diagnostics& diagnostics);
/// A NetBSD rate: what 0 means is the dialect's.
void read_rate(Draft& draft, const std::string& text, const Place& place,
               const LineContext& context, Diagnostics& diagnostics);
/// NetBSD's accept_max, FreeBSD's first number: the others wait in the backlog.
void read_accept_max(Draft& draft, const std::string& text, const Place& place,
                     Diagnostics& diagnostics);
void warn_of_filter(const std::string& filter, const Where& where, Diagnostics& diagnostics);

}  // namespace minetd
