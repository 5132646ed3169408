// What is typed while the server cannot be reached is kept on the device until it
// can. It lies there encrypted: the key comes from the server to whoever is signed
// in, stays in the memory of this page, and cannot be read out of it. Without
// signing in again nobody reads what lies there (45 CFR 164.312(a)(2)(iv)).
const stow = (() => {
	const forDays = 7, skip = ['csrf', 'password', 'code'];
	let key, base;
	const done = r => new Promise((ok, no) => { r.onsuccess = () => ok(r.result); r.onerror = () => no(r.error); });
	const store = async (mode, use) => {
		if (!base) {
			const r = indexedDB.open('caseward', 1);
			r.onupgradeneeded = () => r.result.createObjectStore('kept');
			base = done(r);
		}
		return done(use((await base).transaction('kept', mode).objectStore('kept')));
	};
	const bytes = s => Uint8Array.from(atob(s), c => c.charCodeAt(0));
	// Fetched when somebody begins to type: away from the server it is too late.
	const unlock = () => key ||= fetch('/account/device-key', { method: 'POST', credentials: 'same-origin', redirect: 'manual',
		headers: { 'X-CSRF-Token': document.querySelector('meta[name=csrf-token]')?.content || '' } })
		.then(r => { if (!r.ok) throw r.status; return r.json(); })
		.then(async a => ({ id: a.id, key: await crypto.subtle.importKey('raw', bytes(a.key), 'AES-GCM', false, ['encrypt', 'decrypt']) }))
		.catch(e => { key = null; throw e; });
	const bound = (id, url) => new TextEncoder().encode(id + ' ' + url);
	const fields = form => [...new FormData(form)].filter(([n, v]) => typeof v === 'string' && !skip.includes(n));
	return {
		unlock, fields,
		async put(url, form) {
			const k = await unlock(), iv = crypto.getRandomValues(new Uint8Array(12));
			const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: bound(k.id, url) }, k.key, new TextEncoder().encode(JSON.stringify(fields(form))));
			await store('readwrite', s => s.put({ id: k.id, iv, sealed, at: Date.now() }, k.id + ' ' + url));
		},
		// What was kept for this form by whoever is signed in; nothing is asked of the server where there is none.
		async take(url) {
			const all = await store('readonly', s => s.getAllKeys());
			if (!all.some(n => n.endsWith(' ' + url))) return null;
			const k = await unlock(), x = await store('readonly', s => s.get(k.id + ' ' + url));
			if (!x) return null;
			const plain = await crypto.subtle.decrypt({ name: 'AES-GCM', iv: x.iv, additionalData: bound(k.id, url) }, k.key, x.sealed);
			return { fields: JSON.parse(new TextDecoder().decode(plain)), at: x.at };
		},
		async drop(url) {
			for (const n of await store('readonly', s => s.getAllKeys())) if (n.endsWith(' ' + url) && n.startsWith((await unlock()).id)) await store('readwrite', s => s.delete(n));
		},
		// What nobody came back for is thrown away.
		async sweep() {
			for (const n of await store('readonly', s => s.getAllKeys())) {
				const x = await store('readonly', s => s.get(n));
				if (!x || x.at < Date.now() - forDays * 864e5) await store('readwrite', s => s.delete(n));
			}
		},
	};
})();
// What a page does beyond links and forms. Nothing here writes what a person
// typed to the browser's storage: drafts go to the server and nowhere else.
(() => {
	const root = document.documentElement, body = document.body, data = body.dataset;
	const csrf = document.querySelector('meta[name=csrf-token]')?.content || '';
	const post = (url, fields) => fetch(url, { method: 'POST', credentials: 'same-origin', redirect: 'manual',
		headers: { 'X-CSRF-Token': csrf, 'Accept': 'application/json' }, body: new URLSearchParams(fields || {}) });
	const on = (type, fn) => document.addEventListener(type, fn);

	// Theme: a cookie the server reads, so that the first paint is right.
	on('click', e => {
		if (!e.target.closest('[data-theme-toggle]')) return;
		const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
		root.dataset.theme = dark ? 'light' : 'dark';
		document.cookie = `theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax`;
	});

	// One key, which a person can switch off (WCAG 2.1.4).
	on('keydown', e => {
		if (e.key !== '/' || data.keys === 'off' || e.ctrlKey || e.metaKey || e.altKey || e.target.closest('input, textarea, select, dialog')) return;
		const find = document.getElementById('find');
		if (find) { e.preventDefault(); find.focus(); find.select(); }
	});

	// A choice that saves itself has a button for those without script.
	on('change', e => { if (e.target.matches('[data-submit]')) e.target.form.requestSubmit(); });

	on('click', e => { if (e.target.closest('[data-print]')) window.print(); });

	// Drafts: saved on the server a moment after the last key, tried again until it is done.
	const drafts = [...document.querySelectorAll('form[data-autosave]')].map(form => {
		const says = form.querySelector('[data-saved]'), held = form.elements.draft;
		const url = form.dataset.autosave;
		let timer, wait = 1500, dirty = 0, busy = false, away = 0, left = false;
		const later = ms => { clearTimeout(timer); if (!left) timer = setTimeout(save, ms); };
		async function save() {
			if (!dirty || busy) return dirty && later(500);
			const seen = dirty;
			busy = true;
			try {
				const r = await post(url, new FormData(form));
				if (!r.ok) throw r.status;
				const answer = await r.json();
				says.textContent = answer.text;
				if (held && answer.draft) held.value = answer.draft;
				// Written elsewhere too: both are kept, and a button leads to both.
				const merge = form.querySelector('[data-merge]');
				if (merge) merge.hidden = !answer.merge;
				if (dirty === seen) dirty = 0; else later(1500);
				wait = 1500;
				if (away) { away = 0; stow.drop(url).catch(() => {}); }
			} catch (failed) {
				says.textContent = form.dataset.retry;
				// Refused is refused; what could not be reached is kept here until it can.
				if (!(failed < 500)) try { await stow.put(url, form); away = seen; says.textContent = data.away; } catch { /* it is still in the form */ }
				later(wait = Math.min(wait * 2, 30000));
			} finally { busy = false; }
		}
		form.addEventListener('input', () => { dirty++; later(1500); });
		form.addEventListener('focusin', () => stow.unlock().catch(() => {}), { once: true });
		form.addEventListener('submit', () => { dirty = 0; clearTimeout(timer); });
		addEventListener('online', () => dirty && later(0));
		// A page that was left sends nothing any more: the next one may have newer words.
		addEventListener('pagehide', () => { left = true; clearTimeout(timer); });
		addEventListener('pageshow', () => { left = false; if (dirty) later(0); });
		// Back after a lost connection: what was kept is in the form again, and saved.
		stow.take(url).then(x => {
			if (!x || dirty) return;
			away = 1;
			// It reached the server after all, just before the page was left.
			const now = JSON.stringify(stow.fields(form).filter(content));
			if (now === JSON.stringify(x.fields.filter(content))) { away = 0; return stow.drop(url); }
			const was = n => x.fields.find(([m]) => m === n)?.[1], is = n => form.elements[n]?.value;
			if ((was('draft') || was('version')) !== (is('draft') || is('version'))) return show(x);
			fill(form, x.fields);
			says.textContent = data.back;
			dirty++; save();
		}).catch(() => {});
		// Something newer was saved elsewhere meanwhile: both are shown, none replaces the other.
		function show(x) {
			const box = document.createElement('div'), p = document.createElement('p'), text = document.createElement('p'), use = document.createElement('button');
			box.className = 'box t-warn stack-s'; box.role = 'status'; text.className = 'words'; use.type = 'button'; use.className = 'btn sm';
			p.textContent = data.both; use.textContent = data.use;
			text.textContent = x.fields.filter(([n, v]) => form.elements[n]?.tagName === 'TEXTAREA' && v).map(([, v]) => v).join('\n\n');
			use.onclick = () => { fill(form, x.fields); box.remove(); dirty++; save(); };
			box.append(p, text, use);
			form.prepend(box);
		}
		return { save, dirty: () => dirty && dirty !== away };
	});
	// What somebody wrote, as opposed to what a page says of itself.
	const content = ([n, v]) => v && n !== 'draft' && n !== 'version' && n !== 'aside' && n !== 'into' && n !== 'new' && !n.startsWith('was.');
	function fill(form, fields) {
		for (const e of form.elements) if (e.type === 'checkbox' || e.type === 'radio') e.checked = fields.some(([n, v]) => n === e.name && v === e.value);
		for (const [n, v] of fields) { const e = form.elements[n]; if (e && content([n, 1]) && 'value' in e && e.type !== 'checkbox' && e.type !== 'radio' && !(e instanceof RadioNodeList)) e.value = v; }
	}
	if (drafts.length) stow.sweep().catch(() => {});
	addEventListener('beforeunload', e => { if (drafts.some(d => d.dirty()) && !root.classList.contains('locked')) e.preventDefault(); });

	// Minutes in one tap.
	on('change', e => {
		const to = e.target.name === 'quick' && e.target.form.elements.minutes;
		if (to) { to.value = e.target.value; to.dispatchEvent(new Event('input', { bubbles: true })); }
	});
	on('input', e => { if (e.target.name === 'minutes') for (const q of e.target.form.querySelectorAll('[name=quick]')) q.checked = q.value === e.target.value; });

	// Phrases: a dot at the start of a word offers those that begin with what follows.
	for (const list of document.querySelectorAll('.phrase-list')) {
		const form = list.closest('form'), into = form.elements.into, say = form.querySelector('[data-phrases-say]');
		const all = [...form.querySelectorAll('[data-key]')].map(b => ({ key: b.dataset.key, text: b.dataset.text }));
		let area = null, from = 0, hits = [], at = 0, chosen = false;
		const put = (text, start, end) => { area.setRangeText(text, start, end, 'end'); area.dispatchEvent(new Event('input', { bubbles: true })); area.focus(); };
		const close = () => { if (list.hidden) return; list.hidden = true; hits = []; say.textContent = ''; area.removeAttribute('aria-activedescendant'); area.removeAttribute('aria-controls'); };
		const choose = i => {
			at = (i + hits.length) % hits.length;
			[...list.children].forEach((o, n) => { o.setAttribute('aria-selected', n === at); if (n === at) o.scrollIntoView({ block: 'nearest' }); });
			area.setAttribute('aria-activedescendant', list.children[at].id);
		};
		const insert = i => { const h = hits[i], end = area.selectionEnd; close(); put(h.text, from, end); };
		const look = e => {
			if (e.target.tagName !== 'TEXTAREA') return;
			if (e.target !== area) close();
			area = e.target;
			const m = /(?:^|\s)\.([\p{L}\p{N}_-]*)$/u.exec(area.value.slice(0, area.selectionEnd));
			hits = m ? all.filter(p => p.key.startsWith(m[1].toLowerCase())) : [];
			if (!hits.length) return close();
			from = area.selectionEnd - m[1].length - 1;
			list.replaceChildren(...hits.map((h, n) => {
				const o = document.createElement('li'), key = document.createElement('strong'), text = document.createElement('span');
				o.id = 'phrase-' + n; o.setAttribute('role', 'option');
				key.textContent = '.' + h.key; key.className = 'mono'; text.textContent = h.text;
				o.append(key, text);
				return o;
			}));
			area.after(list);
			list.hidden = false;
			area.setAttribute('aria-autocomplete', 'list');
			area.setAttribute('aria-controls', list.id);
			say.textContent = hits.length === 1 ? list.dataset.one : list.dataset.many.replace('#', hits.length);
			choose(0);
		};
		form.addEventListener('input', look);
		form.addEventListener('focusin', e => { if (e.target.tagName === 'TEXTAREA') { into.value = e.target.name; if (e.target !== area) { close(); area = e.target; } } });
		form.addEventListener('focusout', e => { if (e.target === area) setTimeout(close, 150); });
		list.addEventListener('mousedown', e => { e.preventDefault(); const o = e.target.closest('[role=option]'); if (o) insert([...list.children].indexOf(o)); });
		form.addEventListener('keydown', e => {
			if (list.hidden || e.target !== area) return;
			if (e.key === 'ArrowDown') choose(at + 1); else if (e.key === 'ArrowUp') choose(at - 1);
			else if (e.key === 'Enter' || e.key === 'Tab' && !e.shiftKey) { insert(at); chosen = true; } else if (e.key === 'Escape') close(); else return;
			e.preventDefault();
		});
		// The Enter that chose a phrase is no new line.
		form.addEventListener('keypress', e => { if (chosen && e.key === 'Enter') e.preventDefault(); });
		form.addEventListener('keyup', () => { chosen = false; });
		form.addEventListener('click', e => {
			const b = e.target.closest('[data-key]');
			if (!b) return;
			e.preventDefault();
			area = form.elements[into.value] || [...form.querySelectorAll('textarea')].find(t => t.offsetParent);
			const end = area.selectionEnd, before = area.value.slice(0, end);
			put((before && !/\s$/.test(before) ? ' ' : '') + b.dataset.text, end, end);
		});
	}

	// Idle: one timer for all tabs. Warned first; then hidden, locked, and back to the same place.
	const lock = document.getElementById('lock'), warn = document.getElementById('idle');
	if (!lock) return;
	const tabs = new BroadcastChannel('caseward'), warnAt = data.warn * 1000, lockAt = data.lock * 1000;
	let last = Date.now(), told = last, kept = last;
	const active = () => {
		if (warn.open || root.classList.contains('locked')) return;
		last = Date.now();
		if (last - told > 5000) { told = last; tabs.postMessage('active'); }
		if (last - kept > 240000) { kept = last; post('/alive').then(r => { if (!r.ok) location.reload(); }, () => {}); }
	};
	const hide = () => { root.classList.add('locked'); warn.close(); document.title = 'Caseward'; };
	const stay = tell => { last = Date.now(); warn.close(); if (tell) { kept = last; tabs.postMessage('stay'); post('/alive').catch(() => {}); } };
	const look = async () => {
		const idle = Date.now() - last;
		if (root.classList.contains('locked')) return;
		if (idle >= lockAt) { hide(); tabs.postMessage('lock'); await Promise.all(drafts.map(d => d.save())); lock.requestSubmit(); }
		else if (idle >= warnAt && !warn.open) warn.showModal();
	};
	tabs.onmessage = e => {
		if (e.data === 'lock') { hide(); setTimeout(() => location.reload(), 1500); }
		else if (e.data === 'stay') stay(false); else last = Date.now();
	};
	for (const type of ['pointerdown', 'keydown', 'wheel', 'touchstart']) addEventListener(type, active, { passive: true });
	warn.addEventListener('close', () => stay(true));
	on('visibilitychange', look);
	addEventListener('pageshow', e => { if (e.persisted) location.reload(); });
	setInterval(look, Math.min(10000, warnAt / 2));
})();
// Go to anything: every link of the menu, of the chart's tabs and of the page's
// own buttons, found by a few letters; what is no place is looked for as a client.
// Nothing is asked of the server before somebody goes.
(() => {
	const box = document.getElementById('palette'), find = document.querySelector('form.find');
	if (!box || !find) return;
	const q = box.querySelector('input'), list = box.querySelector('ul');
	let places = [], at = 0;
	const plain = s => s.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
	const gather = () => {
		const seen = new Set();
		return [...document.querySelectorAll('.charttabs a, main .ph-a a, main .composer a[href], .rail-nav a, .topbar-r a')].flatMap(a => {
			const text = (a.querySelector('span:not(.vh, .rail-n, .count)') || a).textContent.trim(), where = a.closest('nav')?.getAttribute('aria-label') || '';
			if (!text || seen.has(a.href)) return [];
			seen.add(a.href);
			return [{ text, where, go: () => location.assign(a.href) }];
		});
	};
	const mark = n => {
		at = Math.max(0, Math.min(n, list.children.length - 1));
		[...list.children].forEach((li, i) => li.setAttribute('aria-selected', i === at));
		const li = list.children[at];
		q.setAttribute('aria-activedescendant', li ? li.id : '');
		li?.scrollIntoView({ block: 'nearest' });
	};
	const show = () => {
		const words = plain(q.value).split(/\s+/).filter(Boolean);
		const hits = places.filter(p => words.every(w => plain(p.text + ' ' + p.where).includes(w))).slice(0, 12);
		if (q.value.trim()) hits.push({ text: box.dataset.find + ' ' + q.value.trim(), where: '', go: () => { find.elements.q.value = q.value.trim(); find.requestSubmit(); } });
		list.replaceChildren(...hits.map((p, i) => {
			const li = document.createElement('li'), b = document.createElement('span'), w = document.createElement('span');
			li.id = 'palette-' + i; li.role = 'option'; b.textContent = p.text; w.textContent = p.where; w.className = 'muted small';
			li.append(b, w);
			li.onclick = p.go; li.go = p.go;
			return li;
		}));
		mark(0);
	};
	const open = () => { if (document.documentElement.classList.contains('locked') || box.open) return; places = gather(); q.value = ''; show(); box.showModal(); q.focus(); };
	document.addEventListener('click', e => { if (e.target.closest('[data-palette]')) open(); });
	document.addEventListener('keydown', e => { if ((e.ctrlKey || e.metaKey) && !e.altKey && !e.shiftKey && e.key.toLowerCase() === 'k') { e.preventDefault(); open(); } });
	q.addEventListener('input', show);
	q.addEventListener('keydown', e => {
		if (e.key === 'ArrowDown') mark(at + 1); else if (e.key === 'ArrowUp') mark(at - 1);
		else if (e.key === 'Enter') list.children[at]?.go(); else return;
		e.preventDefault();
	});
	box.addEventListener('click', e => { if (e.target === box) box.close(); });
})();
