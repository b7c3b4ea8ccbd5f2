// SPDX-License-Identifier: ISC
// Files to drafts and sections: the two parts of each, includes and drop-ins.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/config/draft.h"
#include "daemon/config/inetd_lines.h"
#include "daemon/config/lines.h"
#include "daemon/config/sections.h"
#include "daemon/config/xinetd_files.h"

namespace minetd {

class Reader {
  public:
    /// More errors than this help nobody, and a file of garbage must not fill the memory.
    static constexpr unsigned most_errors = 500;

    Reader(const DialectRules& rules, Diagnostics& diagnostics)
        : xinetd(diagnostics, most_errors), rules_(rules), diagnostics_(diagnostics) {}

    void read_file(const std::string& file);
    void read_text(std::string_view text, const std::string& file);
    void read_drop_ins(const std::string& directory);
    /// All files are read: what they say together.
    void settle();
    /// After settle(). The lines of an inetd.conf, if there is one, for services that have no name
    /// read so far.
    void read_beside(const std::string& inetd_conf);

    std::vector<Draft> drafts;
    std::vector<Section> sections;
    std::set<std::string, std::less<>> commented_out;  ///< the names in lines that are comments now
    XinetdFiles xinetd;
    std::set<std::string> files;  ///< that were read, but for xinetd's own includes
    std::vector<Draft> complete;  ///< drafts that no section is about: xinetd's
    /// Something is missing that cannot be told from the rest: an unreadable file, a format that is
    /// not ours, too many errors. Reported with a Where that has no line.
    bool fatal = false;

  private:
    struct Scope;

    void read(const std::shared_ptr<Source>& source, Scope& scope);
    void leave_out_pasted(const std::shared_ptr<Source>& source);
    void read_lines(LineReader& lines, Scope& scope);
    void record(const std::shared_ptr<LogicalLine>& line, LineReader& lines, Scope& scope);
    void include(const std::vector<Word>& words, const LogicalLine& line, const Scope& scope);
    void open(const std::string& file, const Where& from, const Scope& scope, bool regular_only);
    void read_xinetd(const std::shared_ptr<const Source>& source);
    void give_up(const std::string& file, std::string message, std::string advice);
    bool too_many();

    const DialectRules& rules_;
    Diagnostics& diagnostics_;
    std::set<std::string> seen_;  ///< real paths of files that were read
    bool told_too_many_ = false;
};

}  // namespace minetd
