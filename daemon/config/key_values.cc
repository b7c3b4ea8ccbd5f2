// SPDX-License-Identifier: ISC
#include "daemon/config/key_values.h"

#include <fmt/core.h>
#include <sys/socket.h>

#include <algorithm>
#include <map>
#include <optional>

#include "daemon/config/key_value_scanner.h"
#include "daemon/config/names.h"
#include "daemon/config/values.h"

namespace minetd {
namespace {

constexpr std::string_view keys[] = {
    "bind",   "socktype",   "acceptfilter", "protocol", "sndbuf", "recvbuf", "wait", "service_max",
    "ip_max", "accept_max", "user",         "group",    "exec",   "args",    "ipsec"};

/// The key itself, before its meaning.
struct Pair {
    Word key;
    std::vector<Word> values;
};

class KeyValues {
  public:
    KeyValues(const std::shared_ptr<LogicalLine>& line, LineReader& reader,
              const LineContext& context, Diagnostics& diagnostics)
        : line_(line),
          reader_(reader),
          context_(context),
          diagnostics_(diagnostics),
          heard_(&diagnostics),
          scan_(line, reader, diagnostics),
          draft_(Place{line, 0}) {}

    Draft read() {
        const Word service = scan_.word("");
        draft_ = Draft(Place{line_, service.offset});
        draft_.spec.where = draft_.where();
        const Word state = scan_.word("#");
        if (state.text == "off")
            draft_.assign("disable", "yes", {line_, state.offset}, diagnostics_);
        const bool whole = pairs();
        if (scan_.failed()) draft_.break_it();
        reader_.put_back(*line_, scan_.offset());
        // A record without its end is one mistake; the rest is read only to know the service.
        Diagnostics unheard;
        settle(service, whole ? diagnostics_ : unheard);
        return std::move(draft_);
    }

  private:
    void settle(const Word& service, Diagnostics& heard) {
        heard_ = &heard;

        const Pair* bind = find("bind");
        if (bind && service.text.find(':') != std::string::npos && !is_unix())
            error(bind->key, "the address is said twice, before the service's name and by `bind`",
                  "leave one of them out");
        const LineContext context{context_.rules, bind ? std::string("*") : context_.default_hosts};
        read_service_field(draft_, service, is_unix(), context, *heard_);
        fields();
    }

    /// False if the record has no end.
    bool pairs() {
        while (!scan_.take(';')) {
            if (scan_.ended()) {
                draft_.break_it();
                draft_.whole_key = false;
                diagnostics_.error(draft_.where(), "this record never ends",
                                   "end it with a semicolon");
                return false;
            }
            Pair pair{scan_.word("=,;"), {}};
            if (!scan_.take('=')) {
                error(pair.key, fmt::format("there is no = behind `{}`", pair.key.text),
                      "write key = value");
                scan_.recover();
                return true;
            }
            while (!scan_.at(",;") && !scan_.ended()) pair.values.push_back(scan_.word(",;"));
            scan_.take(',');
            keep(std::move(pair));
        }
        return true;
    }

    void keep(Pair pair) {
        const std::string key = pair.key.text;
        if (std::find(std::begin(keys), std::end(keys), std::string_view(key)) == std::end(keys))
            error(pair.key, fmt::format("there is no key `{}`", key), did_you_mean(key, keys));
        else if (find(key))
            error(pair.key, fmt::format("`{}` is said twice", key), "leave one of them out");
        else
            pairs_.emplace(key, std::move(pair));
    }

    const Pair* find(const std::string& key) const {
        const auto found = pairs_.find(key);
        return found == pairs_.end() ? nullptr : &found->second;
    }

    bool is_unix() const {
        const Pair* protocol = find("protocol");
        return protocol && !protocol->values.empty() && protocol->values[0].text == "unix";
    }

    void error(const Word& at, std::string message, std::string advice) {
        draft_.break_it();
        draft_.whole_key = false;
        heard_->error(line_->where(at.offset), std::move(message), std::move(advice));
    }

    /// The only value of a key; null, with an error, if there is none or more than one.
    const Word* value(const std::string& key, bool mandatory) {
        const Pair* pair = find(key);
        if (!pair) {
            if (mandatory)
                draft_.error({}, fmt::format("there is no `{}`", key),
                             fmt::format("add `{} = ...` before the semicolon", key), *heard_);
            return nullptr;
        }
        if (pair->values.size() == 1) return &pair->values[0];
        error(pair->key, fmt::format("`{}` takes one value", key),
              "put quotes around blanks that belong to it");
        return nullptr;
    }

    void copy(const std::string& key, std::string_view attribute) {
        if (const Word* word = value(key, false))
            draft_.assign(attribute, Words(word, 1), place(*word), *heard_);
    }

    void fields() {
        protocol();
        copy("socktype", "socket_type");
        if (!find("socktype"))
            draft_.assign("socket_type",
                          std::string(socket_type_text(usual_type(draft_.spec.protocol))),
                          draft_.place(), *heard_);
        copy("bind", "bind");
        copy("sndbuf", "sndbuf");
        copy("recvbuf", "rcvbuf");
        copy("ip_max", "ip_max");
        if (const Word* user = value("user", true))
            draft_.assign("user", Words(user, 1), place(*user), *heard_);
        copy("group", "group");
        program();
        wait();
        if (const Word* rate = value("service_max", false))
            read_rate(draft_, rate->text, place(*rate), context_, *heard_);
        if (const Word* most = value("accept_max", false))
            read_accept_max(draft_, most->text, place(*most), *heard_);
        if (const Pair* filter = find("acceptfilter"))
            warn_of_filter(filter->values.empty() ? "" : filter->values[0].text,
                           line_->where(filter->key.offset), *heard_);
        if (const Pair* policy = find("ipsec"); policy && !policy->values.empty())
            error(policy->key, "minetd cannot enforce an IPsec policy, so the service is left out",
                  "set the policy with the system's IPsec daemon and write `ipsec =`");
    }

    /// Without a 4 or 6 the version is that of a numeric bind address.
    void protocol() {
        const Word* word = value("protocol", true);
        if (!word) {
            draft_.plain_key = false;
            return;
        }
        Word protocol = *word;
        const Pair* bind = find("bind");
        if (context_.rules.tcp_is_v4 && (protocol.text == "tcp" || protocol.text == "udp") &&
            bind && bind->values.size() == 1 && address_family(bind->values[0].text) == AF_INET6)
            protocol.text += "6";
        read_protocol_field(draft_, protocol, context_, *heard_);
    }

    void program() {
        const Pair* exec = find("exec");
        if (!exec || exec->values.empty())
            draft_.assign("server", "internal", exec ? place(exec->key) : draft_.place(), *heard_);
        else
            copy("exec", "server");
        const Pair* args = find("args");
        if (!args || args->values.empty()) return;
        const Words words = args->values;
        draft_.assign(draft_.spec.server == "internal" ? "builtin" : "argv0", words.first(1),
                      place(words[0]), *heard_);
        if (words.size() > 1)
            draft_.assign("server_args", words.subspan(1), place(words[1]), *heard_);
    }

    void wait() {
        const Word* word = value("wait", draft_.spec.server != "internal");
        if (!word) return;
        if (word->text != "yes" && word->text != "no")
            error(*word, fmt::format("wait: `{}` is neither yes nor no", word->text),
                  "write wait = yes or wait = no");
        else
            draft_.assign("serve", word->text, place(*word), *heard_);
    }

    Place place(const Word& word) const { return {line_, word.offset}; }

    const std::shared_ptr<LogicalLine>& line_;
    LineReader& reader_;
    const LineContext& context_;
    Diagnostics& diagnostics_;
    Diagnostics* heard_;  ///< diagnostics_, or nobody
    KeyValueScanner scan_;
    Draft draft_;
    std::map<std::string, Pair> pairs_;
};

}  // namespace

Draft read_key_values(const std::shared_ptr<LogicalLine>& line, LineReader& reader,
                      const LineContext& context, Diagnostics& diagnostics) {
    return KeyValues(line, reader, context, diagnostics).read();
}

}  // namespace minetd
