// SPDX-License-Identifier: ISC
// Whole files of xinetd to drafts: includes, defaults for all entries wherever they stand, and
// which entries are left out.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "daemon/config/xinetd_entry.h"
#include "daemon/config/xinetd_settings.h"

namespace minetd {

class XinetdFiles {
  public:
    /// With more errors than `most_errors` no further service is read.
    XinetdFiles(Diagnostics& diagnostics, unsigned most_errors)
        : diagnostics_(diagnostics), most_errors_(most_errors) {}

    /// The statements of a file, and of those that it includes.
    void read(const std::shared_ptr<const Source>& source);

    /// The services of all files, broken ones among them, with their defaults. Once.
    std::vector<Draft> drafts();

    /// Some file was one of xinetd's.
    bool any() const { return any_; }
    /// The defaults are broken, so that no service is what it should be.
    bool unsound() const { return defaults_.draft.broken(); }
    const Draft& defaults() const { return defaults_.draft; }
    /// Files that were read; those that could not be are told, and the rest is read without them.
    const std::set<std::string>& files() const { return files_; }
    bool incomplete() const { return incomplete_; }
    /// Ids of entries that are there and disabled.
    const std::vector<std::string>& left_out() const { return left_out_; }

  private:
    void take(const XinetdStatement& statement, const std::string& file, bool& has_defaults);
    void include(const XinetdStatement& statement, const std::string& from);
    void include_directory(const XinetdStatement& statement, const std::string& from);
    void open(const std::string& file, const XinetdStatement& statement, bool regular_only);
    void take_defaults(XinetdStatement statement);
    std::vector<XinetdEntry> read_entries();
    void read_entry(XinetdEntry& entry, XinetdStatement& statement);
    static void read_id(XinetdEntry& entry, const XinetdStatement& statement);
    bool chosen(const XinetdEntry& entry) const;
    void tell_unknown(const std::vector<Draft>& drafts) const;
    void missed(const Where& where, std::string message, std::string advice);

    Diagnostics& diagnostics_;
    unsigned most_errors_;
    bool any_ = false;
    std::set<std::string> open_;  ///< real paths of the files that are being read
    XinetdEntry defaults_{Place{}};
    XinetdSeen seen_in_defaults_;
    std::vector<XinetdStatement> services_;
    std::set<std::string> files_;
    bool incomplete_ = false;
    std::vector<std::string> left_out_;
};

}  // namespace minetd
