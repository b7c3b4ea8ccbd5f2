// SPDX-License-Identifier: ISC
#include "daemon/config/assemble.h"

#include <fmt/core.h>

#include <algorithm>
#include <unordered_map>

#include "daemon/config/codecs.h"
#include "daemon/config/names.h"
#include "daemon/config/untaken_settings.h"
#include "daemon/config/values.h"

namespace minetd {
namespace {

/// A header as a person means it: `8080`, `8080/tcp`, `[::1]:8080/tcp6`, `rstatd/1-3/udp`,
/// `tcpmux/finger`, a path, a key.
struct Header {
    std::string service;   ///< the first field of a line
    std::string protocol;  ///< empty: any
};

Header header_from(const std::string& text) {
    Header header{text, {}};
    const std::size_t slash = text.rfind('/');
    if (slash == std::string::npos || slash == 0 || text.find_first_of("/@") == 0) return header;
    const std::string protocol = text.substr(slash + 1, text.find(',', slash) - slash - 1);
    try {
        if (!protocol_from(protocol)) return header;
    } catch (const BadValue&) {
        return header;
    }
    return {text.substr(0, slash), protocol};
}

class Assembler {
  public:
    Assembler(DaemonSpec& daemon, std::vector<Draft>& drafts, const Reader& reader,
              Diagnostics& diagnostics)
        : daemon_(daemon), drafts_(drafts), reader_(reader), diagnostics_(diagnostics) {}

    bool run() {
        const std::vector<Section>& sections = reader_.sections;
        for (const Section& section : sections)
            if (same_word(section.header, "minetd")) daemon(section);
        for (const Section& section : sections)
            if (same_word(section.header, "defaults")) defaults(section);
        for (std::size_t i = 0; i < drafts_.size(); ++i) {
            inherit(drafts_[i], served_by(drafts_[i]));
            enter(i);
        }
        for (const Section& section : sections)
            if (!same_word(section.header, "minetd") && !same_word(section.header, "defaults"))
                service(section);
        return sound_;
    }

  private:
    static std::vector<Word> words(const Setting& setting, Diagnostics& diagnostics, bool& failed) {
        return split(*setting.value, Quotes::with_escapes, true, diagnostics, failed);
    }

    void daemon(const Section& section) {
        bool sound = !section.broken;
        for (const Setting& setting : section.settings) {
            bool failed = false;
            const std::vector<Word> value = words(setting, diagnostics_, failed);
            const Row<DaemonSpec>* row = find_daemon_attribute(setting.name);
            if (!row && tell_foreign(setting, diagnostics_)) continue;
            try {
                if (!row)
                    throw BadValue(
                        fmt::format("there is no attribute `{}` of [minetd]", setting.name),
                        suggest_attribute(setting.name));
                row->assign(*row, daemon_, setting.op, value);
            } catch (const BadValue& bad) {
                failed = true;
                diagnostics_.error(
                    row && bad.word < value.size() ? setting.value->where(value[bad.word].offset)
                                                   : setting.where,
                    row ? fmt::format("{}: {}", row->name, bad.what()) : bad.what(), bad.advice);
            }
            sound = sound && !failed;
        }
        if (!sound) unsound(section, "is broken, and minetd does not start with it");
    }

    /// For each MPM, since a block may be about one.
    void defaults(const Section& section) {
        bool sound = true;
        for (const codec::Name<Serve>& mpm : codec::names<Serve>())
            sound = apply(defaults_for(mpm.value), section, mpm.value, true, diagnostics_) && sound;
        if (!sound) unsound(section, "is broken, and every service goes by it, so none is started");
    }

    Draft& defaults_for(Serve serve) { return defaults_[static_cast<std::size_t>(serve)]; }

    /// The draft's MPM, with the defaults that are not in it yet.
    Serve served_by(const Draft& draft) {
        return draft.says("serve") ? draft.spec.serve : defaults_for(Serve::nowait).spec.serve;
    }

    void inherit(Draft& draft, Serve serve) { draft.inherit(defaults_for(serve)); }

    /// The MPM with which a section leaves a draft; blocks for MPMs go by it wherever they stand.
    static Serve served_after(const Section& section, Serve serve) {
        for (const Setting& setting : section.settings) {
            if (setting.block) continue;
            const Row<ServiceSpec>* row = find_service_attribute(setting.name);
            if (!row || row->name != "serve") continue;
            Diagnostics unheard;
            Draft scratch(section.place);
            bool failed = false;
            const std::vector<Word> value = words(setting, unheard, failed);
            scratch.assign(*row, setting.op, value, section.place, unheard);
            if (!failed && !scratch.broken()) serve = scratch.spec.serve;
        }
        return serve;
    }

    void unsound(const Section& section, std::string_view what,
                 std::string advice = "correct the errors that are told above") {
        sound_ = false;
        Where where = section.place.where();
        const unsigned line = where.line;
        where.line = where.column = 0;
        where.text.clear();
        const std::string header =
            section.ownerless ? std::string() : fmt::format(" [{}]", section.header);
        diagnostics_.error(where, fmt::format("the section{} at line {} {}", header, line, what),
                           std::move(advice));
    }

    /// A section to one draft, whose defaults become those of the MPM that the section chooses.
    void apply(Draft& draft, const Section& section, Diagnostics& diagnostics) {
        const Serve serve = served_after(section, served_by(draft));
        inherit(draft, serve);
        apply(draft, section, serve, false, diagnostics);
        tell_blocks(section, serve, diagnostics);
    }

    /// All settings of a section that are for this MPM; whether all of them could be applied.
    bool apply(Draft& draft, const Section& section, Serve serve, bool to_defaults,
               Diagnostics& diagnostics) {
        // What could not be read may have been a part of the key.
        bool readable = !section.broken, sound = true;
        for (const Setting& setting : section.settings) {
            if (!holds(setting.block.get(), serve)) continue;
            const Row<ServiceSpec>* row = find_service_attribute(setting.name);
            if (!row || (to_defaults && !row->in_defaults)) {
                const bool foreign = tell_untaken(setting, row, diagnostics);
                readable = readable && foreign;
                continue;
            }
            bool failed = false;
            const std::vector<Word> value = words(setting, diagnostics, failed);
            readable = readable && !failed;
            const Place place{setting.value, value.empty() ? 0 : value[0].offset};
            const unsigned before = diagnostics.errors();
            if (!failed) draft.assign(*row, setting.op, value, place, diagnostics);
            sound = sound && diagnostics.errors() == before;
        }
        if (!readable) draft.whole_key = false;
        if (!readable || !sound) draft.break_it();
        return readable && sound;
    }

    void enter(std::size_t index) {
        const Draft& draft = drafts_[index];
        by_key_.emplace(draft.spec.key(), index);
        by_name_.emplace(draft.spec.name, index);
        if (!draft.label.empty()) by_name_.emplace(draft.label, index);
    }

    void service(const Section& section) {
        const bool defines = std::any_of(
            section.settings.begin(), section.settings.end(), [](const Setting& setting) {
                const Row<ServiceSpec>* row = find_service_attribute(setting.name);
                return row && row->name == "service";
            });
        std::vector<std::size_t> matched;
        if (!defines && !section.ownerless) matched = matches(section.header);
        // What is wrong in a section is told once, however many services it is about.
        for (const std::size_t index : matched) {
            Diagnostics unheard;
            apply(drafts_[index], section, index == matched[0] ? diagnostics_ : unheard);
        }
        if (matched.empty()) define(section, defines);
    }

    /// The services that a header is about: the one with this key, or all that fit.
    std::vector<std::size_t> matches(const std::string& text) {
        std::vector<std::size_t> found;
        if (const auto exact = by_key_.find(text); exact != by_key_.end()) return {exact->second};
        const auto fitting = [&](const std::string& name, auto fits) {
            const auto [first, last] = by_name_.equal_range(name);
            for (auto at = first; at != last; ++at)
                if (fits(drafts_[at->second])) found.push_back(at->second);
            std::sort(found.begin(), found.end());
            found.erase(std::unique(found.begin(), found.end()), found.end());
        };
        fitting(text, [](const Draft&) { return true; });
        if (!found.empty()) return found;
        const Draft said = read_header(text);
        if (said.broken()) return found;
        const std::string protocol = header_from(text).protocol;
        const bool of_family = said.says("protocol") && said.spec.family != Family::any;
        const auto has_versions = [&](const RpcProgram& rpc) {
            return rpc.low == said.spec.rpc.low && rpc.high == said.spec.rpc.high;
        };
        fitting(said.spec.name, [&](const Draft& draft) {
            return draft.spec.tcpmux == said.spec.tcpmux &&
                   (!said.says("bind") || draft.spec.bind == said.spec.bind) &&
                   (protocol.empty() || draft.spec.protocol == said.spec.protocol) &&
                   (!said.says("rpc_version") || has_versions(draft.spec.rpc)) &&
                   (!of_family || draft.spec.family == said.spec.family);
        });
        return found;
    }

    /// What a header says as the first and third fields of a line; errors are nobody's business
    /// here.
    Draft read_header(const std::string& text) {
        Diagnostics unheard;
        return read_header(text, Place{}, unheard);
    }

    Draft read_header(const std::string& text, const Place& place, Diagnostics& diagnostics) {
        Draft draft(place);
        const Header header = header_from(text);
        const bool unix_path = text.find_first_of("/@") == 0;
        static const DialectRules& native = rules_of(Dialect::minetd);
        const LineContext context{native};
        read_service_field(draft, {header.service, place.offset}, unix_path, context, diagnostics);
        std::string protocol = unix_path ? "unix" : header.protocol;
        if (protocol.empty()) return draft;
        if (draft.says("rpc_version")) protocol = "rpc/" + protocol;
        read_protocol_field(draft, {protocol, place.offset}, context, diagnostics);
        return draft;
    }

    bool is_commented_out(const Section& section) const {
        return !section.ownerless &&
               (reader_.commented_out.contains(section.header) ||
                reader_.commented_out.contains(header_from(section.header).service));
    }

    /// A section that no line is about defines its service, if it says who serves it. Else it may
    /// be what keeps strangers from a service whose name is another one, so nothing is started.
    void define(const Section& section, bool labelled) {
        const auto says = [&](std::string_view attribute) {
            return std::any_of(
                section.settings.begin(), section.settings.end(), [&](const Setting& setting) {
                    const Row<ServiceSpec>* row = find_service_attribute(setting.name);
                    return row && row->name == attribute;
                });
        };
        const bool served = says("server") || says("builtin") || says("redirect");
        if (!labelled && !served && is_commented_out(section)) {
            diagnostics_.warning(section.place.where(),
                                 fmt::format("the line of `{}` is a comment, so nothing goes by "
                                             "this section",
                                             section.header),
                                 "take the comment sign away, or the section out");
            return;
        }
        if (!labelled && (section.ownerless || !served))
            unsound(section,
                    "is about no service that is known: one may be without its limits, so none "
                    "is started",
                    "correct its header, or take the section out");
        if (!labelled && !served && !says("user") && !says("disable") && !section.broken) {
            std::vector<std::string> names;
            for (const Draft& draft : drafts_) names.push_back(draft.spec.name);
            const std::vector<std::string_view> views(names.begin(), names.end());
            const std::string hint = did_you_mean(header_from(section.header).service, views);
            diagnostics_.error(
                section.place.where(),
                fmt::format("there is no service `{}` for this section", section.header),
                hint.empty() ? "add its line above the sections, or `server` and `user` here"
                             : hint);
            return;
        }
        Draft draft(section.place);
        Diagnostics unheard;
        if (!section.header.empty())
            draft = read_header(section.header, section.place, labelled ? unheard : diagnostics_);
        if (labelled) draft = Draft(section.place);
        draft.label = section.header;
        inherit(draft, served_by(draft));
        draft.spec.where = section.place.where();
        apply(draft, section, diagnostics_);
        if (!draft.says("socket_type")) draft.spec.socket_type = usual_type(draft.spec.protocol);
        drafts_.push_back(std::move(draft));
        enter(drafts_.size() - 1);
    }

    DaemonSpec& daemon_;
    std::vector<Draft>& drafts_;
    const Reader& reader_;
    Diagnostics& diagnostics_;
    std::vector<Draft> defaults_{codec::names<Serve>().size(), Draft(Place{})};  ///< by Serve
    std::unordered_map<std::string, std::size_t> by_key_;
    std::unordered_multimap<std::string, std::size_t> by_name_;
    bool sound_ = true;
};

}  // namespace

bool assemble(Reader& reader, DaemonSpec& daemon, std::vector<Draft>& drafts,
              Diagnostics& diagnostics) {
    drafts = std::move(reader.drafts);
    return Assembler(daemon, drafts, reader, diagnostics).run();
}

}  // namespace minetd
