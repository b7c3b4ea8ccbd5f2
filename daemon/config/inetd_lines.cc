// SPDX-License-Identifier: ISC
#include "daemon/config/inetd_lines.h"

#include <fmt/core.h>
#include <pwd.h>

#include "daemon/config/fields.h"
#include "daemon/config/names.h"
#include "daemon/config/values.h"

namespace minetd {
namespace {

constexpr std::string_view form = "a line is: service type protocol serve user program [arguments]";

bool is_unix(const Word& protocol) {
    return protocol.text == "unix" || protocol.text.starts_with("unix,");
}

/// A user's name may have a dot in it; then it is not `user.group`.
bool is_user(const std::string& name) {
    return getpwnam(name.c_str()) != nullptr;
}

class Record {
  public:
    Record(const std::shared_ptr<const LogicalLine>& line, const LineContext& context,
           Diagnostics& diagnostics)
        : line_(line), context_(context), diagnostics_(diagnostics), draft_(Place{line, 0}) {}

    Draft read(std::vector<Word>& words) {
        draft_ = Draft(place(words[0]));
        draft_.spec.where = draft_.where();
        LineContext context = context_;
        // `host: service ...` with a blank: the address is for this record.
        if (words.size() > 1 && words[0].text.ends_with(':') && words[0].text.size() > 1) {
            context.default_hosts = words[0].text.substr(0, words[0].text.size() - 1);
            words.erase(words.begin());
        }
        if (is_foreign(words)) return std::move(draft_);
        const bool unix_path = words.size() > 2 && is_unix(words[2]);
        read_service_field(draft_, words[0], unix_path, context, diagnostics_);
        if (words.size() > 1) guarded(words[1], "socket_type", [&] { type(words[1]); });
        if (words.size() > 2) read_protocol_field(draft_, words[2], context, diagnostics_);
        if (words.size() > 3) guarded(words[3], "serve", [&] { serve(words[3]); });
        if (words.size() > 4) guarded(words[4], "user", [&] { user(words[4]); });
        if (words.size() > 5) program(words);
        if (words.size() < 6) {
            draft_.break_it();
            if (words.size() < 3) draft_.plain_key = false;
            const Word& last = words.back();
            diagnostics_.error(line_->where(last.offset + last.text.size()),
                               fmt::format("the line ends after {} of 6 fields", words.size()),
                               std::string(form));
        }
        return std::move(draft_);
    }

  private:
    Place place(const Word& word) const { return {line_, word.offset}; }

    /// System V's transport interface: one message, and nothing else of the line.
    bool is_foreign(const std::vector<Word>& words) {
        if (words.size() < 3) return false;
        const std::string_view type = words[1].text, protocol = words[2].text;
        if (type != "tli" && type != "xti" && !type.starts_with("sunrpc_")) return false;
        draft_.break_it();
        draft_.plain_key = false;
        draft_.spec.name = words[0].text;
        diagnostics_.error(place(words[1]).where(),
                           fmt::format("`{}` is System V's transport interface", type),
                           protocol.starts_with("rpc/") || type.starts_with("sunrpc_")
                               ? "an RPC program that uses sockets: write stream rpc/tcp or dgram "
                                 "rpc/udp"
                               : "write stream tcp or dgram udp");
        return true;
    }

    template <class Step>
    void guarded(const Word& word, std::string_view field, Step step) {
        try {
            step();
        } catch (const BadValue& bad) {
            draft_.break_it();
            if (field == "socket_type") draft_.whole_key = false;
            diagnostics_.error(place(word).where(), fmt::format("{}: {}", field, bad.what()),
                               bad.advice);
        }
    }

    void type(const Word& word) {
        const TypeField field = type_field(word.text);
        draft_.assign("socket_type", field.type, place(word), diagnostics_);
        if (!field.accept_max.empty())
            read_accept_max(draft_, field.accept_max, place(word), diagnostics_);
        if (!field.filter.empty()) warn_of_filter(field.filter, place(word).where(), diagnostics_);
    }

    void serve(const Word& word) {
        const ServeField field = serve_field(word.text);
        if (same_word(field.word, "yes") || same_word(field.word, "no"))
            throw BadValue(fmt::format("`{}` does not say who serves", field.word),
                           "write wait or nowait");
        draft_.assign("serve", field.word, place(word), diagnostics_);
        if (field.rate) read_rate(draft_, *field.rate, place(word), context_, diagnostics_);
        static constexpr std::string_view attributes[] = {"instances", "ip_max", "per_source"};
        for (std::size_t i = 0; i < field.slashes.size(); ++i) {
            if (!decimal(field.slashes[i]))
                throw BadValue(
                    fmt::format("`{}` behind the slash is not a number", field.slashes[i]),
                    "write /sessions[/starts per minute and source[/sessions per source]]");
            // FreeBSD: 0 is no limit.
            if (*decimal(field.slashes[i]) == 0)
                draft_.assign(attributes[i], "unlimited", place(word), diagnostics_);
            else if (i == 0)
                read_accept_max(draft_, field.slashes[i], place(word), diagnostics_);
            else
                draft_.assign(attributes[i], field.slashes[i], place(word), diagnostics_);
        }
    }

    void user(const Word& word) {
        UserField field = user_field(word.text, false);
        if (context_.rules.dotted_group && field.group.empty() &&
            field.user.find('.') != std::string::npos && !is_user(field.user))
            field = user_field(word.text, true);
        draft_.assign("user", field.user, place(word), diagnostics_);
        if (!field.group.empty()) draft_.assign("group", field.group, place(word), diagnostics_);
        if (!field.login_class.empty())
            draft_.assign("login_class", field.login_class, place(word), diagnostics_);
    }

    void program(const std::vector<Word>& words) {
        const Word& program = words[5];
        draft_.assign("server", program.text, place(program), diagnostics_);
        std::size_t next = 6;
        if (words.size() > next) {
            draft_.assign(program.text == "internal" ? "builtin" : "argv0", words[next].text,
                          place(words[next]), diagnostics_);
            ++next;
        }
        for (std::size_t i = 6; i < words.size(); ++i)
            if (!words[i].quoted && words[i].text.starts_with('#')) {
                diagnostics_.warning(
                    place(words[i]).where(),
                    "this is an argument and no comment: comments begin in column 1",
                    "put the comment on a line of its own, or quotes around the argument");
                break;
            }
        if (words.size() > next)
            draft_.assign("server_args", Words(words).subspan(next), place(words[next]),
                          diagnostics_);
    }

    const std::shared_ptr<const LogicalLine>& line_;
    const LineContext& context_;
    Diagnostics& diagnostics_;
    Draft draft_;
};

}  // namespace

Draft read_record(const std::shared_ptr<const LogicalLine>& line, std::vector<Word> words,
                  const LineContext& context, Diagnostics& diagnostics) {
    return Record(line, context, diagnostics).read(words);
}

void read_service_field(Draft& draft, const Word& word, bool unix_path, const LineContext& context,
                        Diagnostics& diagnostics) {
    const Place place{draft.place().line, word.offset};
    try {
        const ServiceField field = service_field(word.text, unix_path);
        const std::string& hosts = field.has_hosts ? field.hosts : context.default_hosts;
        if (field.service.empty()) throw BadValue("there is no service in this field");
        draft.assign("service", field.service, place, diagnostics);
        if (!field.versions.empty())
            draft.assign("rpc_version", field.versions, place, diagnostics);
        if (unix_path && field.has_hosts)
            diagnostics.warning(place.where(),
                                "a unix socket has no address: the part before the path is ignored",
                                "leave it out");
        else if (!unix_path && (field.has_hosts || hosts != "*"))
            draft.assign("bind", hosts, place, diagnostics);
        if (field.tcpmux) draft.assign("tcpmux", field.plus ? "plus" : "yes", place, diagnostics);
        if (!field.owner.empty()) draft.assign("socket_user", field.owner, place, diagnostics);
        if (!field.group.empty()) draft.assign("socket_group", field.group, place, diagnostics);
        if (!field.mode.empty()) draft.assign("socket_mode", field.mode, place, diagnostics);
    } catch (const BadValue& bad) {
        draft.break_it();
        draft.plain_key = false;
        diagnostics.error(place.where(), fmt::format("service: {}", bad.what()), bad.advice);
    }
}

void read_protocol_field(Draft& draft, const Word& word, const LineContext& context,
                         Diagnostics& diagnostics) {
    const Place place{draft.place().line, word.offset};
    try {
        ProtocolField field = protocol_field(word.text);
        // FreeBSD: without a version it is the first.
        if (field.rpc && !draft.says("rpc_version"))
            draft.assign("rpc_version", "1", place, diagnostics);
        if (!field.rpc && draft.says("rpc_version"))
            throw BadValue("versions behind the service's name are those of an RPC program",
                           fmt::format("write rpc/{}, or take them out", field.protocol));
        if (field.faith)
            throw BadValue("faith, the IPv6 to IPv4 relay, is gone from every system",
                           "write tcp6 where IPv6 clients are meant");
        if (field.ttcp)
            diagnostics.warning(place.where(), "T/TCP is gone from every system: /ttcp is ignored",
                                "leave it out");
        // A name that ends in a digit itself says its version already.
        const auto protocol = protocol_from(field.protocol);
        if (protocol && protocol->family == Family::any && context.rules.tcp_is_v4)
            field.protocol = protocol_text(protocol->base, Family::v4);
        draft.assign("protocol", field.protocol, place, diagnostics);
        for (const auto& option : field.options) {
            if (decimal(option.value) == 0) throw BadValue(option.name + " cannot be 0");
            draft.assign(option.name, option.value, place, diagnostics);
        }
    } catch (const BadValue& bad) {
        draft.break_it();
        draft.plain_key = false;
        diagnostics.error(place.where(), fmt::format("protocol: {}", bad.what()), bad.advice);
    }
}

void read_rate(Draft& draft, const std::string& text, const Place& place,
               const LineContext& context, Diagnostics& diagnostics) {
    if (decimal(text) != 0) {
        draft.assign("service_max", text, place, diagnostics);
        return;
    }
    switch (context.rules.zero_rate) {
        case ZeroRate::never:
            draft.assign("service_max", "0", place, diagnostics);
            break;
        case ZeroRate::unlimited:
            draft.assign("service_max", "unlimited", place, diagnostics);
            break;
        case ZeroRate::reject:
            draft.break_it();
            diagnostics.error(
                place.where(), "a rate of 0 is `never` to one inetd and `no limit` to others",
                "leave it out for no limit; --dialect inetd-netbsd or inetd-gnu decides");
    }
}

void read_accept_max(Draft& draft, const std::string& text, const Place& place,
                     Diagnostics& diagnostics) {
    draft.assign("instances", text, place, diagnostics);
    draft.assign("overflow", "queue", place, diagnostics);
}

void warn_of_filter(const std::string& filter, const Where& where, Diagnostics& diagnostics) {
    diagnostics.warning(
        where,
        fmt::format("the accept filter `{}` is NetBSD's: Linux has none, it is ignored", filter),
        "leave it out");
}

}  // namespace minetd
